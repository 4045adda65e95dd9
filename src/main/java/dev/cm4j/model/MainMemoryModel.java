package dev.cm4j.model;

import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Tensor;
import java.util.Optional;

/**
 * A model on another device that takes and gives pictures in main memory, for work that is done
 * there between its evaluations. Gradients pass through.
 *
 * @param model the model, borrowed
 */
public record MainMemoryModel(Denoiser model) implements Denoiser {

    /**
     * A model for pictures in main memory.
     *
     * @param model any model, borrowed
     * @return the model itself where it computes on the CPU
     */
    public static Denoiser of(Denoiser model) {
        return model.device().equals(Device.CPU) ? model : new MainMemoryModel(model);
    }

    @Override
    public Tensor denoise(Tensor x, double[] sigma, Optional<Tensor> labels) {
        Device there = model.device();
        return model.denoise(x.to(there), sigma, labels.map(given -> given.to(there)))
                .to(Device.CPU);
    }
}
