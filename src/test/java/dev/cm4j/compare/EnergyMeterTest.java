package dev.cm4j.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Counters of the kernel as files, a device that tells watts, and neither. */
class EnergyMeterTest {

    @TempDir Path powercap;

    private Path zone(String folder, String name, long microjoules, long range) throws Exception {
        Path zone = Files.createDirectories(powercap.resolve(folder));
        Files.writeString(zone.resolve("name"), name + "\n");
        Files.writeString(zone.resolve("max_energy_range_uj"), range + "\n");
        set(zone, microjoules);
        return zone;
    }

    private static void set(Path zone, long microjoules) throws Exception {
        Files.writeString(zone.resolve("energy_uj"), microjoules + "\n");
    }

    @Test
    void packagesAndMemoryAreCountedAndTheWholeMachineIsNotCountedTwice() throws Exception {
        Path first = zone("intel-rapl:0", "package-0", 1_000_000, 262_143_328_850L);
        Path core = zone("intel-rapl:0:0", "core", 0, 262_143_328_850L);
        Path memory = zone("intel-rapl:0:1", "dram", 500_000, 65_712_999_613L);
        Path whole = zone("intel-rapl:1", "psys", 0, 262_143_328_850L);
        try (EnergyMeter meter = EnergyMeter.ofProcessor(powercap)) {
            assertEquals(0, meter.total());
            set(first, 3_500_000);
            set(core, 9_000_000);
            set(memory, 750_000);
            set(whole, 9_000_000);
            assertEquals(2.75, meter.total(), 1e-9);
            assertEquals(2.75, meter.total(), 1e-9);
            assertEquals(EnergyMeter.Unit.JOULES, meter.unit());
            assertEquals("RAPL, package-0 and dram", meter.source());
        }
    }

    @Test
    void aCounterThatRanOverGoesOn() throws Exception {
        Path zone = zone("intel-rapl:0", "package-0", 262_143_000_000L, 262_143_328_850L);
        try (EnergyMeter meter = EnergyMeter.ofProcessor(powercap)) {
            set(zone, 671_150);
            assertEquals(1.0, meter.total(), 1e-9);
            set(zone, 1_671_150);
            assertEquals(2.0, meter.total(), 1e-9);
        }
    }

    @Test
    void whatACounterThatIsGoneWouldCountIsNotKnown() throws Exception {
        Path zone = zone("intel-rapl:0", "package-0", 0, 1_000_000_000);
        try (EnergyMeter meter = EnergyMeter.ofProcessor(powercap)) {
            set(zone, 4_000_000);
            assertEquals(4, meter.total(), 1e-9);
            Files.delete(zone.resolve("energy_uj"));
            assertEquals(Double.NaN, meter.total());
            set(zone, 5_000_000);
            assertEquals(Double.NaN, meter.total());
        }
    }

    @Test
    void withoutReadableCountersProcessorTimeIsCountedAndCalledSo() throws Exception {
        Files.delete(zone("intel-rapl:0", "package-0", 0, 1_000_000_000).resolve("energy_uj"));
        for (Path folder : List.of(powercap, powercap.resolve("nowhere"))) {
            try (EnergyMeter meter = EnergyMeter.ofProcessor(folder)) {
                assertEquals(EnergyMeter.Unit.CPU_SECONDS, meter.unit());
                assertEquals("CPU-s", meter.unit().symbol());
                assertTrue(meter.unit().words().contains("no energy counter"));
                double before = meter.total();
                long end = System.nanoTime() + 20_000_000_000L;
                while (meter.total() - before < 0.05 && System.nanoTime() < end) {
                    Thread.onSpinWait();
                }
                assertTrue(meter.total() - before >= 0.05, "spinning took no processor time");
            }
        }
    }

    @Test
    void wattsOverTimeAreJoules() throws Exception {
        String watts = "while true; do echo 50.0; sleep 0.02; done";
        try (EnergyMeter meter = GpuMeter.open(List.of("sh", "-c", watts)).orElseThrow()) {
            double before = meter.total();
            long start = System.nanoTime();
            Thread.sleep(300);
            double joules = meter.total() - before;
            double seconds = (System.nanoTime() - start) / 1e9;
            assertEquals(50 * seconds, joules, 5, String.format(Locale.ROOT, "%.3f s", seconds));
            assertEquals(EnergyMeter.Unit.JOULES, meter.unit());
            assertTrue(meter.source().contains("nvidia-smi"), meter.source());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"exit 1", "echo [N/A]; sleep 5"})
    void aDeviceThatTellsNoMoreIsNotKnownFromThenOn(String end) throws Exception {
        String watts = "for i in 1 2 3 4 5 6 7 8 9 10; do echo 50; sleep 0.02; done; " + end;
        try (EnergyMeter meter = GpuMeter.open(List.of("sh", "-c", watts)).orElseThrow()) {
            assertTrue(meter.total() >= 0);
            long limit = System.nanoTime() + 20_000_000_000L;
            while (!Double.isNaN(meter.total()) && System.nanoTime() < limit) {
                Thread.sleep(10);
            }
            assertEquals(Double.NaN, meter.total());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    1 |                            | 1
                    0 | 3                          | 3
                    1 | 3,0                        | 0
                    1 | 'GPU-8f-1, GPU-0a-2'       | GPU-0a-2
                    0 | MIG-GPU-8f-1/1/0           | MIG-GPU-8f-1/1/0
                    1 | 3                          |
                    1 | '3,-1,2'                   |
                    0 | ''                         |
                    """)
    void aDeviceIsFoundAsCudaCountsIt(int index, String visible, String id) {
        var command = GpuMeter.nvidiaSmi(index, Optional.ofNullable(visible));
        assertEquals(
                Optional.ofNullable(id).map(known -> "--id=" + known),
                command.map(words -> words.get(1)));
    }

    @Test
    void aDeviceThatDoesNotTellIsNoMeter() {
        assertTrue(GpuMeter.open(List.of("sh", "-c", "echo [N/A]; sleep 5")).isEmpty());
        assertTrue(GpuMeter.open(List.of("sh", "-c", "exit 9")).isEmpty());
        assertTrue(GpuMeter.open(List.of("no-such-command-of-cm4j")).isEmpty());
    }
}
