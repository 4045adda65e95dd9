package dev.cm4j.nn;

import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * A network from noisy pictures and a time to pictures. {@link UNetConfig#kind} says which: the ADM
 * U-Net, residual blocks and attention on a ladder of resolutions, conditioned on a time and a
 * label; DDPM++ and NCSN++, its relatives of NVlabs/edm; the magnitude-preserving network of
 * NVlabs/edm2; or the smaller one of cloneofsimo/consistency_models. All but the first compute in
 * float32 whatever the precision.
 *
 * <p>Parameters are float32, in registration order under their PyTorch names, and lie in one
 * vector. The network lives until it is closed and is used by one thread at a time: a pass on a
 * second thread is refused. Tensors it hands out belong to the innermost open {@code Scope}, and as
 * views keep their storage beyond the network.
 *
 * <p>Source: Dhariwal &amp; Nichol 2021; layout and names of openai/consistency_models, {@code
 * cm/unet.py}; NVlabs/edm, {@code training/networks.py}; NVlabs/edm2, {@code
 * training/networks_edm2.py}; cloneofsimo/consistency_models, {@code unet.py}.
 */
public final class UNet implements AutoCloseable {
    private static final int NAMED_AT_MOST = 5;

    private final Arena arena = Arena.ofShared();
    private final SoleUse use = new SoleUse();
    private final UNetConfig config;
    private final MemorySegment handle;
    private final List<String> names;

    private UNet(UNetConfig config, Function<Arena, MemorySegment> source) {
        this.config = config;
        try {
            handle = source.apply(arena);
            names = UNetNative.names(handle);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /**
     * A new network with PyTorch's initial weights: the same config and seed give the same weights
     * as there, after {@code torch.manual_seed(seed)}.
     *
     * @throws IllegalArgumentException if the native side refuses the configuration
     */
    public static UNet create(UNetConfig config, long seed) {
        return new UNet(config, arena -> UNetNative.create(config, seed, arena));
    }

    /** A new network whose weights are all 0, to be loaded. */
    public static UNet zeroed(UNetConfig config) {
        return new UNet(config, arena -> UNetNative.zeroed(config, arena));
    }

    /**
     * A new network whose weights stay where they are until it needs them: a pass of the fast path
     * reads each layer for itself; all else that touches weights first reads all of them into one
     * vector. Files are open as long as that may still happen. One that was written to meanwhile
     * gives {@link java.io.UncheckedIOException} then.
     *
     * @param weights the parts of every parameter, in registration order
     * @throws IllegalArgumentException if the names are not those of the network in its order, or
     *     parts have more or fewer numbers than their parameter
     * @throws java.io.UncheckedIOException if a file cannot be read or is too short
     */
    public static UNet open(UNetConfig config, Map<String, List<WeightPart>> weights) {
        UNet net =
                new UNet(
                        config,
                        arena -> UNetNative.open(config, List.copyOf(weights.values()), arena));
        if (!net.names.equals(List.copyOf(weights.keySet()))) {
            net.close();
            throw new IllegalArgumentException(
                    "the weights are not in the order of the network, from "
                            + net.names.getFirst()
                            + " to "
                            + net.names.getLast());
        }
        return net;
    }

    /** An independent network with the same weights and options. */
    public UNet copy() {
        return new UNet(config, arena -> UNetNative.copy(handle(), arena));
    }

    /** What was built. */
    public UNetConfig config() {
        return config;
    }

    /**
     * One forward pass.
     *
     * @param x images {@code [N, C, H, W]}, {@code F32}; H and W are multiples of patch · 2^(levels
     *     - 1)
     * @param t time input {@code [N]}, {@code F32}: what the embedding takes, not σ
     * @param labels {@code [N]}, {@code I64}, exactly where the network has classes
     * @param dropoutSeed decides the dropout masks of a training pass; equal seeds give equal masks
     * @return {@code [N, C_out, H, W]}, {@code F32}; carries a gradient inside {@code
     *     Gradients.enabled()}
     * @throws IllegalArgumentException if shapes, types or labels do not fit
     * @throws IllegalStateException if another thread is in a pass of this network
     */
    public Tensor forward(Tensor x, Tensor t, Optional<Tensor> labels, long dropoutSeed) {
        use.begin();
        try {
            return UNetNative.forward(handle(), x, t, labels, dropoutSeed);
        } finally {
            use.end();
        }
    }

    /** {@link #forward(Tensor, Tensor, Optional, long)} with dropout seed 0. */
    public Tensor forward(Tensor x, Tensor t, Optional<Tensor> labels) {
        return forward(x, t, labels, 0);
    }

    /**
     * One forward pass with its exact derivative along a direction, by forward-mode differentiation
     * of the float32 network whatever the precision, with the dropout masks of {@link #forward}.
     * Both results carry a gradient inside {@code Gradients.enabled()}. Threads take turns.
     *
     * @param x as for forward
     * @param t as for forward
     * @param labels as for forward
     * @param dropoutSeed as for forward
     * @param xTangent ẋ, shape of x
     * @param tTangent ṫ, shape of t
     * @return F(x, t) and ∂F/∂x · ẋ + ∂F/∂t · ṫ
     * @throws IllegalArgumentException if shapes, types or labels do not fit
     * @throws IllegalStateException if another thread is in a pass of this network
     */
    public Jvp jvp(
            Tensor x,
            Tensor t,
            Optional<Tensor> labels,
            long dropoutSeed,
            Tensor xTangent,
            Tensor tTangent) {
        use.begin();
        try {
            return UNetNative.jvp(handle(), x, t, labels, dropoutSeed, xTangent, tTangent);
        } finally {
            use.end();
        }
    }

    /** Names in registration order. */
    public List<String> parameterNames() {
        return names;
    }

    /**
     * A parameter in its own shape; a view, so {@link Tensor#assign} changes the network.
     *
     * @throws NoSuchElementException if there is no parameter of this name
     */
    public Tensor parameter(String name) {
        return UNetNative.parameter(handle(), index(name));
    }

    /** All parameters by name, in registration order; views. */
    public Map<String, Tensor> parameters() {
        return byName(i -> UNetNative.parameter(handle(), i));
    }

    /**
     * The gradient accumulated for a parameter, in its shape; a view.
     *
     * @throws NoSuchElementException if there is no parameter of this name
     */
    public Tensor gradient(String name) {
        return UNetNative.gradient(handle(), index(name));
    }

    /** All parameters as one vector, with zeros between them: what optimisers take. A view. */
    public Tensor weights() {
        return UNetNative.weights(handle());
    }

    /** All gradients as one vector laid out as {@link #weights()}. A view. */
    public Tensor gradients() {
        return UNetNative.gradients(handle());
    }

    /** Forgets the gradients accumulated so far. */
    public void zeroGradients() {
        try (Tensor all = gradients()) {
            all.fill(0);
        }
    }

    /** Numbers in all parameters together. */
    public long parameterCount() {
        long count = 0;
        try (var _ = Scope.open()) {
            for (int i = 0; i < names.size(); i++) {
                count += UNetNative.parameter(handle(), i).elementCount();
            }
        }
        return count;
    }

    /**
     * Overwrites all parameters, converting to float32.
     *
     * @param source a tensor for each parameter, in its shape, and nothing else
     * @throws IllegalArgumentException naming what is missing, unknown or of another shape; then
     *     nothing is changed
     */
    public void load(Map<String, Tensor> source) {
        try (var _ = Scope.open()) {
            Map<String, Tensor> own = parameters();
            List<String> missing =
                    names.stream().filter(name -> !source.containsKey(name)).toList();
            List<String> unknown =
                    source.keySet().stream().filter(name -> !own.containsKey(name)).toList();
            List<String> misshapen = new ArrayList<>();
            own.forEach((name, parameter) -> {
                Tensor given = source.get(name);
                if (given != null && !Arrays.equals(given.shape(), parameter.shape())) {
                    misshapen.add(name + " is " + given + ", the network has " + parameter);
                }
            });
            List<String> differences = new ArrayList<>();
            describe(differences, missing, "missing");
            describe(differences, unknown, "unknown to the network");
            describe(differences, misshapen, "of another shape");
            if (!differences.isEmpty()) {
                throw new IllegalArgumentException(
                        "%d tensors do not fit a network of %d parameters: %s"
                                .formatted(
                                        source.size(),
                                        names.size(),
                                        String.join("; ", differences)));
            }
            own.forEach((name, parameter) -> parameter.assign(source.get(name)));
        }
    }

    /** Chooses the arithmetic of the passes to come. */
    public void precision(Precision precision) {
        UNetNative.option(handle(), UNetNative.PRECISION, UNetNative.code(precision));
    }

    /** The arithmetic chosen. */
    public Precision precision() {
        return UNetNative.precision(UNetNative.option(handle(), UNetNative.PRECISION));
    }

    /**
     * Moves weights and gradients to a device. Tensors handed out before keep the old storage.
     *
     * @throws IllegalArgumentException if the device cannot be used, saying what is missing
     */
    public void to(Device device) {
        UNetNative.to(handle(), device.ready());
    }

    /** Where the weights are, and what passes take must be. */
    public Device device() {
        return new Device(Math.toIntExact(UNetNative.option(handle(), UNetNative.DEVICE)));
    }

    /**
     * Whether passes take the operations of CUDA devices also on the CPU and in {@link
     * Precision#F32}, by their plain twins: slow, for tests.
     */
    public void fused(boolean active) {
        UNetNative.option(handle(), UNetNative.FUSED, active ? 1 : 0);
    }

    /**
     * Whether passes take the plain path and look at the output of every module; each beginning of
     * a watch forgets what the last one found.
     */
    public void watch(boolean active) {
        UNetNative.option(handle(), UNetNative.WATCH, active ? 1 : 0);
    }

    /**
     * The first module whose output was not finite in a pass since the watch began, such as {@code
     * input_blocks.3.0}; nothing where all were.
     */
    public Optional<String> fault() {
        return Optional.of(UNetNative.fault(handle())).filter(name -> !name.isEmpty());
    }

    /**
     * Whether passes take the plain path, LibTorch's operations in float32 one by one, also where
     * there is a fast one: slower, and what the fast one is measured against.
     */
    public void plain(boolean active) {
        UNetNative.option(handle(), UNetNative.PLAIN, active ? 1 : 0);
    }

    /**
     * Whether dropout is active, and recorded passes of kind {@link NetworkKind#EDM2} bring the
     * stored weights to unit magnitude.
     */
    public void training(boolean active) {
        UNetNative.option(handle(), UNetNative.TRAINING, active ? 1 : 0);
    }

    /**
     * Whether the backward pass recomputes what is inside blocks instead of keeping it: less
     * memory, more time. In {@link Precision#F32} such a network takes the plain path; the fast
     * path of {@link Precision#BF16} goes on without.
     */
    public void checkpointing(boolean active) {
        UNetNative.option(handle(), UNetNative.CHECKPOINT, active ? 1 : 0);
    }

    /**
     * Where the first image of the passes to come stands in its batch: a batch taken in parts meets
     * the same dropout masks as the whole one.
     *
     * @param place not negative; 0 for a batch of its own
     * @throws IllegalArgumentException if the place is negative
     */
    public void firstImage(int place) {
        UNetNative.option(handle(), UNetNative.FIRST_IMAGE, place);
    }

    /**
     * Gives the dropout masks of all passes to come, such as recorded ones, in place of drawn ones;
     * such passes take the plain path.
     *
     * @param masks for each ResBlock in order {@code U8} [N, C, H, W], 1 where a value is kept;
     *     empty: drawn again
     * @throws IllegalArgumentException unless there is one for each ResBlock
     */
    public void dropoutMasks(List<Tensor> masks) {
        UNetNative.masks(handle(), masks);
    }

    /** Whether the last forward pass took the fast path. */
    public boolean lastForwardWasFast() {
        return UNetNative.option(handle(), UNetNative.FAST) != 0;
    }

    /** Frees the network; does nothing the second time, on whatever thread. */
    @Override
    public void close() {
        synchronized (arena) {
            if (arena.scope().isAlive()) {
                arena.close();
            }
        }
    }

    /** Who is in a pass, for graphs of this network. */
    SoleUse use() {
        return use;
    }

    /** The native object, for downcalls of this library's packages. */
    public MemorySegment handle() {
        if (!arena.scope().isAlive()) {
            throw new IllegalStateException("this network is closed");
        }
        return handle;
    }

    private int index(String name) {
        int index = names.indexOf(name);
        if (index < 0) {
            throw new NoSuchElementException("the network has no parameter '" + name + "'");
        }
        return index;
    }

    private Map<String, Tensor> byName(IntFunction<Tensor> view) {
        Map<String, Tensor> map = LinkedHashMap.newLinkedHashMap(names.size());
        for (int i = 0; i < names.size(); i++) {
            map.put(names.get(i), view.apply(i));
        }
        return map;
    }

    private static void describe(List<String> differences, List<String> items, String what) {
        if (!items.isEmpty()) {
            String more = items.size() > NAMED_AT_MOST ? ", …" : "";
            String some =
                    String.join(", ", items.subList(0, Math.min(NAMED_AT_MOST, items.size())));
            differences.add(items.size() + " " + what + ": " + some + more);
        }
    }
}
