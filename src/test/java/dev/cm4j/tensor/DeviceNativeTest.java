package dev.cm4j.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Devices by name, and what is said where there is none. */
class DeviceNativeTest {

    @ParameterizedTest
    @CsvSource({"cpu, -1", "cuda, 0", "cuda:0, 0", "cuda:3, 3"})
    void names_mean_devices(String name, int index) {
        assertEquals(new Device(index), Device.parse(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "gpu", "cuda:", "cuda:-1", "cpu:0", "CUDA", "cuda:99999"})
    void other_names_are_refused(String name) {
        var refusal = assertThrows(IllegalArgumentException.class, () -> Device.parse(name));
        assertTrue(refusal.getMessage().contains("'" + name + "'"), refusal.getMessage());
    }

    @Test
    void a_device_that_is_not_there_is_named() {
        Device far = new Device(4000);
        var refusal = assertThrows(IllegalArgumentException.class, far::ready);
        assertTrue(refusal.getMessage().startsWith("cuda:4000 "), refusal.getMessage());
        assertEquals(Device.CPU, Device.CPU.ready());
    }

    @Test
    void tensors_cannot_go_where_no_device_is() {
        Assumptions.assumeTrue(Library.cudaDevices() == 0, "a CUDA device is in use here");
        try (var _ = Scope.open()) {
            Tensor x = Tensor.ones(DType.F32, 2);
            assertThrows(RuntimeException.class, () -> x.to(new Device(0)));
        }
    }
}
