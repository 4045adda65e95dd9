package dev.cm4j.nn;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.cm4j.ffi.Cm4j_h;
import dev.cm4j.foreign.Scratch;
import dev.cm4j.foreign.Status;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Downcalls for the native U-Net. */
final class UNetNative {
    static final int PRECISION = Cm4j_h.CM_UNET_PRECISION();
    static final int TRAINING = Cm4j_h.CM_UNET_TRAINING();
    static final int CHECKPOINT = Cm4j_h.CM_UNET_CHECKPOINT();
    static final int FAST = Cm4j_h.CM_UNET_FAST();
    static final int DEVICE = Cm4j_h.CM_UNET_DEVICE();
    static final int FUSED = Cm4j_h.CM_UNET_FUSED();
    static final int WATCH = Cm4j_h.CM_UNET_WATCH();
    static final int PLAIN = Cm4j_h.CM_UNET_PLAIN();
    static final int FIRST_IMAGE = Cm4j_h.CM_UNET_FIRST_IMAGE();
    private static final int LONGEST_NAME = 256;

    private UNetNative() {}

    /** Weights of PyTorch's initialisation from a stream of this seed. */
    static MemorySegment create(UNetConfig config, long seed, Arena arena) {
        Scratch scratch = Scratch.ofThread();
        Status.check(
                Cm4j_h.cm_rng_create(seed, scratch.out()), "a random stream for initial weights");
        MemorySegment rng = scratch.outHandle();
        try {
            return create(config, rng, arena);
        } finally {
            Cm4j_h.cm_rng_free(rng);
        }
    }

    /** Weights that are all zero. */
    static MemorySegment zeroed(UNetConfig config, Arena arena) {
        return create(config, MemorySegment.NULL, arena);
    }

    /** Weights that are read when they are needed. */
    static MemorySegment open(UNetConfig config, List<List<WeightPart>> weights, Arena arena) {
        List<Path> files = new ArrayList<>();
        List<MemorySegment> tensors = new ArrayList<>();
        List<Long> numbers = new ArrayList<>();
        for (int i = 0; i < weights.size(); i++) {
            for (WeightPart part : weights.get(i)) {
                switch (part) {
                    case WeightPart.InFile lies -> {
                        if (!files.contains(lies.file())) {
                            files.add(lies.file());
                        }
                        long file = files.indexOf(lies.file());
                        long type = lies.type().code();
                        numbers.addAll(List.of((long) i, file, lies.offset(), lies.count(), type));
                    }
                    case WeightPart.InMemory(Tensor values) -> {
                        long place = tensors.size();
                        tensors.add(values.handle());
                        numbers.addAll(List.of((long) i, -1L, place, part.count(), 0L));
                    }
                }
            }
        }
        Scratch scratch = Scratch.ofThread();
        try (Arena call = Arena.ofConfined()) {
            MemorySegment paths = call.allocate(ADDRESS, Math.max(1, files.size()));
            for (int i = 0; i < files.size(); i++) {
                paths.setAtIndex(ADDRESS, i, call.allocateFrom(files.get(i).toString()));
            }
            Status.check(
                    Cm4j_h.cm_unet_open(
                            scratch.text(config.toNative()),
                            paths,
                            files.size(),
                            scratch.handles(tensors),
                            tensors.size(),
                            scratch.longs(numbers.stream().mapToLong(Long::longValue).toArray()),
                            numbers.size() / Cm4j_h.CM_PART_LENGTH(),
                            scratch.out()),
                    "a U-Net of stored weights");
        }
        return scratch.outHandle().reinterpret(arena, Cm4j_h::cm_unet_free);
    }

    private static MemorySegment create(UNetConfig config, MemorySegment rng, Arena arena) {
        Scratch scratch = Scratch.ofThread();
        MemorySegment text = scratch.text(config.toNative());
        Status.check(Cm4j_h.cm_unet_create(text, rng, scratch.out()), "a new U-Net");
        return scratch.outHandle().reinterpret(arena, Cm4j_h::cm_unet_free);
    }

    static MemorySegment copy(MemorySegment net, Arena arena) {
        Scratch scratch = Scratch.ofThread();
        Status.check(Cm4j_h.cm_unet_clone(net, scratch.out()), "a copy of a U-Net");
        return scratch.outHandle().reinterpret(arena, Cm4j_h::cm_unet_free);
    }

    static List<String> names(MemorySegment net) {
        Scratch scratch = Scratch.ofThread();
        int count = Cm4j_h.cm_unet_parameter_count(net);
        List<String> names = new ArrayList<>(count);
        MemorySegment buffer = scratch.longRoom(LONGEST_NAME / Long.BYTES);
        for (int i = 0; i < count; i++) {
            Status.check(
                    Cm4j_h.cm_unet_parameter_name(net, i, buffer, LONGEST_NAME),
                    "name of parameter " + i);
            names.add(buffer.getString(0));
        }
        return List.copyOf(names);
    }

    static String fault(MemorySegment net) {
        MemorySegment buffer = Scratch.ofThread().longRoom(LONGEST_NAME / Long.BYTES);
        Status.check(
                Cm4j_h.cm_unet_fault(net, buffer, LONGEST_NAME), "what was not finite in a U-Net");
        return buffer.getString(0);
    }

    static Tensor parameter(MemorySegment net, int index) {
        Scratch scratch = Scratch.ofThread();
        return owned(Cm4j_h.cm_unet_parameter(net, index, scratch.out()), "a parameter");
    }

    static Tensor gradient(MemorySegment net, int index) {
        Scratch scratch = Scratch.ofThread();
        return owned(Cm4j_h.cm_unet_gradient(net, index, scratch.out()), "a gradient");
    }

    static Tensor weights(MemorySegment net) {
        return owned(
                Cm4j_h.cm_unet_weights(net, Scratch.ofThread().out()), "the weights of a U-Net");
    }

    static Tensor gradients(MemorySegment net) {
        return owned(
                Cm4j_h.cm_unet_gradients(net, Scratch.ofThread().out()),
                "the gradients of a U-Net");
    }

    static void to(MemorySegment net, Device device) {
        Status.check(Cm4j_h.cm_unet_to(net, device.index()), "moving a U-Net to " + device);
    }

    static void option(MemorySegment net, int option, long value) {
        Status.check(Cm4j_h.cm_unet_option_set(net, option, value), "setting an option of a U-Net");
    }

    static long option(MemorySegment net, int option) {
        Scratch scratch = Scratch.ofThread();
        Status.check(Cm4j_h.cm_unet_option_get(net, option, scratch.out()), "an option of a U-Net");
        return scratch.outLong();
    }

    static void masks(MemorySegment net, List<Tensor> masks) {
        List<MemorySegment> handles = masks.stream().map(Tensor::handle).toList();
        Status.check(
                Cm4j_h.cm_unet_masks_set(net, Scratch.ofThread().handles(handles), handles.size()),
                "giving dropout masks to a U-Net");
    }

    static long code(Precision precision) {
        return switch (precision) {
            case F32 -> Cm4j_h.CM_F32();
            case BF16 -> Cm4j_h.CM_BF16();
            case F16 -> Cm4j_h.CM_F16();
        };
    }

    static Precision precision(long code) {
        return Arrays.stream(Precision.values())
                .filter(precision -> code(precision) == code)
                .findFirst()
                .orElseThrow();
    }

    static PassMemory plan(
            UNetConfig config,
            Precision precision,
            boolean plain,
            boolean checkpointing,
            boolean recording,
            int images) {
        Scratch scratch = Scratch.ofThread();
        MemorySegment plan = scratch.longRoom(Cm4j_h.CM_PLAN_LENGTH());
        Status.check(
                Cm4j_h.cm_unet_plan_bytes(
                        scratch.text(config.toNative()),
                        (int) code(precision),
                        plain ? 1 : 0,
                        checkpointing ? 1 : 0,
                        recording ? 1 : 0,
                        images,
                        config.imageSize(),
                        config.imageSize(),
                        plan),
                "planning a pass of " + images + " images");
        return new PassMemory(
                plan.getAtIndex(JAVA_LONG, Cm4j_h.CM_PLAN_PARAMETERS()),
                plan.getAtIndex(JAVA_LONG, Cm4j_h.CM_PLAN_WEIGHTS()),
                plan.getAtIndex(JAVA_LONG, Cm4j_h.CM_PLAN_ACTIVATIONS()),
                plan.getAtIndex(JAVA_LONG, Cm4j_h.CM_PLAN_WORKSPACE()),
                plan.getAtIndex(JAVA_LONG, Cm4j_h.CM_PLAN_FAST()) != 0);
    }

    static Tensor forward(
            MemorySegment net, Tensor x, Tensor t, Optional<Tensor> labels, long dropoutSeed) {
        Scratch scratch = Scratch.ofThread();
        MemorySegment y = labels.map(Tensor::handle).orElse(MemorySegment.NULL);
        int status =
                Cm4j_h.cm_unet_forward(net, x.handle(), t.handle(), y, dropoutSeed, scratch.out());
        if (status != 0) {
            String given = labels.map(l -> ", labels " + l).orElse("");
            Status.check(status, "U-Net forward of x " + x + ", t " + t + given);
        }
        return Scope.current().adopt(scratch.outHandle());
    }

    static Jvp jvp(
            MemorySegment net,
            Tensor x,
            Tensor t,
            Optional<Tensor> labels,
            long dropoutSeed,
            Tensor xTangent,
            Tensor tTangent) {
        Scratch scratch = Scratch.ofThread();
        MemorySegment tangent = scratch.longRoom(1);
        int status =
                Cm4j_h.cm_unet_jvp(
                        net,
                        x.handle(),
                        t.handle(),
                        labels.map(Tensor::handle).orElse(MemorySegment.NULL),
                        dropoutSeed,
                        xTangent.handle(),
                        tTangent.handle(),
                        tangent,
                        scratch.out());
        if (status != 0) {
            String given = labels.map(l -> ", labels " + l).orElse("");
            Status.check(status, "U-Net derivative at x " + x + ", t " + t + given);
        }
        MemorySegment second = tangent.get(ADDRESS, 0);
        return new Jvp(Scope.current().adopt(scratch.outHandle()), Scope.current().adopt(second));
    }

    private static Tensor owned(int status, String what) {
        Status.check(status, what);
        return Scope.current().adopt(Scratch.ofThread().outHandle());
    }
}
