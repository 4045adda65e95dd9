package dev.cm4j.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VersionsTest {
    @ParameterizedTest
    @CsvSource({"2.11.0, 211", "2.13.1, 213", "2.15.0, 215", "2.15.0, 0"})
    void accepts_the_release_it_was_compiled_against(String compiled, int runtime) {
        assertEquals(Optional.empty(), new Versions(1, compiled, runtime).mismatch(1, false));
    }

    @Test
    void names_both_abi_numbers_and_the_remedy() {
        String sentence = new Versions(7, "2.15.0", 215).mismatch(3, false).orElseThrow();
        assertTrue(sentence.contains("ABI 7") && sentence.contains("ABI 3"), sentence);
        assertTrue(sentence.contains("mvn verify") && sentence.contains("CM4J_NATIVE"), sentence);
    }

    @Test
    void the_override_never_covers_the_abi() {
        assertTrue(new Versions(7, "2.15.0", 215).mismatch(3, true).isPresent());
    }

    @Test
    void names_both_torch_releases_and_the_override() {
        String sentence = new Versions(1, "2.15.0", 213).mismatch(1, false).orElseThrow();
        assertTrue(
                sentence.contains("LibTorch 2.15.0") && sentence.contains("LibTorch 2.13"),
                sentence);
        assertTrue(sentence.contains("CM4J_IGNORE_TORCH_VERSION=1"), sentence);
        assertEquals(Optional.empty(), new Versions(1, "2.15.0", 213).mismatch(1, true));
    }

    @ParameterizedTest
    @CsvSource({"2.10.0, 210", "2.16.0, 216", "3.0.0, 300"})
    void refuses_releases_it_was_never_tested_with(String compiled, int runtime) {
        String sentence = new Versions(1, compiled, runtime).mismatch(1, false).orElseThrow();
        assertTrue(sentence.contains("2.11 to 2.15"), sentence);
    }

    @Test
    void refuses_a_version_it_cannot_read() {
        var versions = new Versions(1, "nightly", 215);
        var error = assertThrows(NativeLibraryException.class, () -> versions.mismatch(1, false));
        assertTrue(error.getMessage().contains("'nightly'"), error.getMessage());
    }
}
