package dev.cm4j.tensor;

import dev.cm4j.ffi.Cm4j_h;
import dev.cm4j.foreign.NativeLibrary;
import dev.cm4j.foreign.Scratch;
import dev.cm4j.foreign.Status;

/** Downcalls that ask and set what holds for the whole process. */
final class LibraryNative {
    static final int NOW = Cm4j_h.CM_MEMORY_NOW();
    static final int PEAK = Cm4j_h.CM_MEMORY_PEAK();
    static final int LIMIT = Cm4j_h.CM_MEMORY_LIMIT();
    private static final int LONGEST_INFO = 1 << 16;

    private LibraryNative() {}

    static String info() {
        return Scratch.ofThread().text(Cm4j_h::cm_library_info, LONGEST_INFO);
    }

    static String version() {
        NativeLibrary.load();
        return Cm4j_h.cm_version().getString(0);
    }

    static String torchVersion() {
        NativeLibrary.load();
        return Cm4j_h.cm_torch_version().getString(0);
    }

    static void threads(int count) {
        NativeLibrary.load();
        Status.check(Cm4j_h.cm_threads_set(count), "setting " + count + " threads");
    }

    static int threads() {
        NativeLibrary.load();
        return Cm4j_h.cm_threads_get();
    }

    static long live(NativeMemory.Kind kind) {
        NativeLibrary.load();
        return Cm4j_h.cm_live_count(
                switch (kind) {
                    case TENSOR -> Cm4j_h.CM_KIND_TENSOR();
                    case RNG -> Cm4j_h.CM_KIND_RNG();
                    case UNET -> Cm4j_h.CM_KIND_UNET();
                    case OPTIM -> Cm4j_h.CM_KIND_OPTIM();
                    case GRAPH -> Cm4j_h.CM_KIND_GRAPH();
                });
    }

    static long memory(int which) {
        NativeLibrary.load();
        return Cm4j_h.cm_memory_bytes(which);
    }

    static void limit(long bytes) {
        NativeLibrary.load();
        Status.check(Cm4j_h.cm_memory_limit_set(bytes), "limiting memory to " + bytes + " bytes");
    }

    static void resetPeak() {
        NativeLibrary.load();
        Cm4j_h.cm_memory_peak_reset();
    }

    static void loadCuda(String path) {
        Scratch scratch = Scratch.ofThread();
        Status.check(Cm4j_h.cm_cuda_load(scratch.text(path)), "loading the CUDA plug-in " + path);
    }

    static int cudaDevices() {
        NativeLibrary.load();
        return Cm4j_h.cm_cuda_device_count();
    }
}
