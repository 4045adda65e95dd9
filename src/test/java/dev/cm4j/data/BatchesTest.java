package dev.cm4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.NativeMemory;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;
import org.junit.jupiter.api.Test;

/** Batches: the right pixels and labels, in an order that depends on nothing but numbers. */
class BatchesTest {

    @Test
    void pixelsAndLabelsBelongTogether() {
        try (Dataset digits = Digits.of(100, 28, 0);
                var _ = Scope.open()) {
            var batches = new Batches(digits, 16, 5, false);
            Batch batch = batches.at(3);
            assertEquals(48, batch.firstIndex());
            assertArrayEquals(new long[] {16, 1, 28, 28}, batch.images().shape());
            assertEquals(DType.F32, batch.images().dtype());
            int[] indices = batches.indices(48, 16);
            byte[] image = new byte[784];
            digits.read(indices[7], MemorySegment.ofArray(image));
            float[] values = batch.images().select(0, 7).toFloats();
            for (int p = 0; p < 784; p++) {
                assertEquals((image[p] & 0xFF) / 127.5f - 1, values[p]);
            }
            assertEquals(digits.label(indices[7]), batch.labels().orElseThrow().toLongs()[7]);
        }
    }

    @Test
    void epochsRunOnAcrossBatches() {
        try (Dataset digits = Digits.of(10, 28, 0)) {
            var batches = new Batches(digits, 4, 5, false);
            int[] two = batches.indices(0, 20);
            for (int epoch = 0; epoch < 2; epoch++) {
                BitSet seen = new BitSet();
                Arrays.stream(two, 10 * epoch, 10 * epoch + 10).forEach(seen::set);
                assertEquals(10, seen.cardinality());
            }
            assertNotEquals(
                    Arrays.toString(Arrays.copyOf(two, 10)),
                    Arrays.toString(Arrays.copyOfRange(two, 10, 20)));
            assertArrayEquals(Arrays.copyOfRange(two, 8, 12), batches.indices(8, 4));
        }
    }

    @Test
    void partsOfABatchAreTheBatch() {
        try (Dataset digits = Digits.of(50, 28, 0);
                var _ = Scope.open()) {
            var batches = new Batches(digits, 8, 1, true);
            Tensor whole = batches.at(9).images();
            Tensor parts =
                    Tensor.cat(0, batches.range(72, 3).images(), batches.range(75, 5).images());
            assertArrayEquals(whole.toFloats(), parts.toFloats());
        }
    }

    @Test
    void halfOfTheImagesAreMirrored() {
        try (Dataset digits = Digits.of(200, 28, 0);
                var _ = Scope.open()) {
            float[] plain = new Batches(digits, 200, 1, false).at(0).images().toFloats();
            float[] flipped = new Batches(digits, 200, 1, true).at(0).images().toFloats();
            int mirrored = 0;
            for (int n = 0; n < 200; n++) {
                float[] image = Arrays.copyOfRange(plain, n * 784, (n + 1) * 784);
                float[] other = Arrays.copyOfRange(flipped, n * 784, (n + 1) * 784);
                if (!Arrays.equals(image, other)) {
                    mirrored++;
                    for (int p = 0; p < 784; p++) {
                        assertEquals(image[p], other[p / 28 * 28 + 27 - p % 28]);
                    }
                }
            }
            assertTrue(mirrored > 70 && mirrored < 130, mirrored + " of 200");
        }
    }

    @Test
    void dataOutsideMemoryGivesTheSameBatches() {
        try (Dataset digits = Digits.of(60, 28, 0);
                var _ = Scope.open()) {
            float[] inside = new Batches(digits, 12, 4, true).at(2).images().toFloats();
            float[] outside =
                    new Batches(new ReadOnlyByOne(digits), 12, 4, true).at(2).images().toFloats();
            assertArrayEquals(inside, outside);
        }
    }

    @Test
    void onlyTheBatchIsKept() {
        try (Dataset digits = Digits.of(60, 28, 0)) {
            long before = NativeMemory.live(NativeMemory.Kind.TENSOR);
            try (var _ = Scope.open()) {
                new Batches(digits, 12, 4, true).at(2);
                assertEquals(before + 2, NativeMemory.live(NativeMemory.Kind.TENSOR));
            }
            assertEquals(before, NativeMemory.live(NativeMemory.Kind.TENSOR));
        }
    }

    @Test
    void paddedDigitsHaveABlackBorder() {
        try (Dataset padded = Padded.of(Digits.of(20, 28, 0), 32, 32);
                var _ = Scope.open()) {
            Tensor images = new Batches(padded, 20, 0, false).at(0).images();
            assertArrayEquals(new long[] {20, 1, 32, 32}, images.shape());
            assertEquals(-1, images.narrow(2, 0, 2).max().item());
            byte[] one = new byte[1024];
            byte[] same = new byte[1024];
            padded.read(4, MemorySegment.ofArray(one));
            MemorySegment.ofArray(same)
                    .copyFrom(padded.pixels().orElseThrow().asSlice(4 * 1024, 1024));
            assertArrayEquals(same, one);
            assertThrows(IllegalArgumentException.class, () -> Padded.of(padded, 28, 28));
        }
    }

    /** A data set that keeps nothing in memory. */
    private record ReadOnlyByOne(Dataset inner) implements Dataset {
        @Override
        public int size() {
            return inner.size();
        }

        @Override
        public int channels() {
            return inner.channels();
        }

        @Override
        public int height() {
            return inner.height();
        }

        @Override
        public int width() {
            return inner.width();
        }

        @Override
        public int classes() {
            return inner.classes();
        }

        @Override
        public void read(int index, MemorySegment target) {
            inner.read(index, target);
        }

        @Override
        public int label(int index) {
            return inner.label(index);
        }

        @Override
        public String fingerprint() {
            return inner.fingerprint();
        }

        @Override
        public void close() {}
    }
}
