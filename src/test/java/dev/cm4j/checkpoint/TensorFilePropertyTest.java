package dev.cm4j.checkpoint;

import dev.cm4j.tensor.DType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Spoilt files of every kind: they load or are refused, and nothing else ever happens. */
class TensorFilePropertyTest {

    private static final byte[] TORCH =
            TorchBytes.zip(
                    TorchBytes.records(TorchBytes.smallPickle(), TorchBytes.floats(6)), false);
    private static final byte[] DEFLATED =
            TorchBytes.zip(
                    TorchBytes.records(TorchBytes.smallPickle(), TorchBytes.floats(6)), true);
    private static final byte[] SAFETENSORS =
            written(file -> SafetensorsFile.write(file, two(), Map.of()));
    private static final byte[] NPZ = written(file -> NpzFile.write(file, two()));

    private interface Writer {
        void write(Path file);
    }

    @Property(tries = 400)
    void flippedBytesOfTorchFiles(
            @ForAll @IntRange(max = 1) int kind,
            @ForAll @Size(min = 1, max = 4) List<@IntRange(max = 1_000_000) Integer> places,
            @ForAll byte value) {
        byte[] bytes = spoil(kind == 0 ? TORCH : DEFLATED, places, value);
        open(bytes, TorchFile::open);
    }

    @Property(tries = 400)
    void flippedBytesOfPickles(
            @ForAll @Size(min = 1, max = 4) List<@IntRange(max = 1_000_000) Integer> places,
            @ForAll byte value) {
        byte[] pickle = spoil(TorchBytes.smallPickle(), places, value);
        open(
                TorchBytes.zip(TorchBytes.records(pickle, TorchBytes.floats(6)), false),
                TorchFile::open);
    }

    @Property(tries = 400)
    void flippedBytesOfSafetensors(
            @ForAll @Size(min = 1, max = 4) List<@IntRange(max = 1_000_000) Integer> places,
            @ForAll byte value) {
        open(spoil(SAFETENSORS, places, value), SafetensorsFile::open);
    }

    @Property(tries = 400)
    void flippedBytesOfNpz(
            @ForAll @Size(min = 1, max = 4) List<@IntRange(max = 1_000_000) Integer> places,
            @ForAll byte value) {
        open(spoil(NPZ, places, value), NpzFile::open);
    }

    @Property(tries = 200)
    void cutFiles(@ForAll @IntRange(max = 3) int kind, @ForAll @IntRange(max = 10_000) int length) {
        byte[] whole = List.of(TORCH, DEFLATED, SAFETENSORS, NPZ).get(kind);
        byte[] bytes = Arrays.copyOf(whole, length % whole.length);
        open(
                bytes,
                kind == 2 ? SafetensorsFile::open : kind == 3 ? NpzFile::open : TorchFile::open);
    }

    private interface Opener {
        TensorFile open(Path file);
    }

    private static void open(byte[] bytes, Opener opener) {
        Path file = temporary();
        try {
            Files.write(file, bytes);
            try (TensorFile opened = opener.open(file)) {
                opened.entries().values().forEach(entry -> entry.data().mismatch(entry.data()));
            } catch (FormatException refused) {
                Files.delete(file);
                return;
            }
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] spoil(byte[] whole, List<Integer> places, byte value) {
        byte[] bytes = whole.clone();
        for (int place : places) {
            bytes[place % bytes.length] = value;
        }
        return bytes;
    }

    private static Map<String, TensorEntry> two() {
        Map<String, TensorEntry> tensors = new LinkedHashMap<>();
        for (String name : List.of("a", "b")) {
            tensors.put(
                    name,
                    new TensorEntry(
                            name,
                            DType.F32,
                            new long[] {2, 3},
                            MemorySegment.ofArray(TorchBytes.floats(6))));
        }
        return tensors;
    }

    private static byte[] written(Writer writer) {
        Path file = temporary();
        try {
            writer.write(file);
            byte[] bytes = Files.readAllBytes(file);
            Files.delete(file);
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path temporary() {
        try {
            return Files.createTempFile("cm4j-property-", ".bin");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
