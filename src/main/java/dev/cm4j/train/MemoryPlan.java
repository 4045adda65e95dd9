package dev.cm4j.train;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The most native memory that training holds at once, item by item. Sizes in bytes.
 *
 * @param batchSize images of a step
 * @param microBatch images of a forward pass
 * @param checkpointing whether blocks are recomputed in the backward pass
 * @param exact whether the passes' share is known exactly, as on the fast path, or modelled
 * @param weights θ, and its copies in the layouts of the kernels
 * @param gradients ∇θ
 * @param moments of the optimiser
 * @param averages evaluation averages, and what drawing previews from one of them takes
 * @param target θ⁻ with its copies and the buffers of its pass, 0 where θ is its own target
 * @param teacher what the teacher's passes leave with it or need at the worst moment, beside its
 *     weights, which are held before training begins; 0 without a teacher
 * @param distance what comparing outputs takes beside pictures, such as the features of LPIPS
 * @param activations what the backward pass of a micro-batch reads
 * @param workspace what else a micro-batch needs at the worst moment
 * @param batch images, noise and the loss
 */
public record MemoryPlan(
        int batchSize,
        int microBatch,
        boolean checkpointing,
        boolean exact,
        long weights,
        long gradients,
        long moments,
        long averages,
        long target,
        long teacher,
        long distance,
        long activations,
        long workspace,
        long batch) {

    /** A model of the plain path may be this far from the truth. */
    private static final double DOUBT = 0.1;

    /** All items together. */
    public long total() {
        return items().values().stream().mapToLong(Long::longValue).sum();
    }

    /** What must be free before a run is begun: the total, and a tenth of whatever is modelled. */
    public long needed() {
        return total() + (exact ? 0 : (long) (DOUBT * (activations + workspace + distance)));
    }

    /** Number of micro-batches of a step. */
    public int parts() {
        return Math.ceilDiv(batchSize, microBatch);
    }

    /** The sizes by name, in the order of the components. */
    public Map<String, Long> items() {
        Map<String, Long> items = new LinkedHashMap<>();
        items.put("weights", weights);
        items.put("gradients", gradients);
        items.put("moments", moments);
        items.put("averages", averages);
        items.put("target", target);
        if (teacher > 0) {
            items.put("teacher", teacher);
        }
        if (distance > 0) {
            items.put("distance", distance);
        }
        items.put("activations", activations);
        items.put("workspace", workspace);
        items.put("batch", batch);
        return items;
    }
}
