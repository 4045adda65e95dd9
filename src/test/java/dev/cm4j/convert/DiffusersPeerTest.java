package dev.cm4j.convert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.sample.DiffusersSampler;
import dev.cm4j.sample.ReplayNoise;
import dev.cm4j.sample.SampleRequest;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import dev.cm4j.testing.PeerPython;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Folders we write, opened by diffusers itself; its network and ours give the same picture. */
@ExtendWith(NoLeaks.class)
class DiffusersPeerTest {

    private static final String PROGRAM =
            """
            import sys, torch, safetensors.torch
            from diffusers import ConsistencyModelPipeline
            folder, out, classes, variant = sys.argv[1:]
            pipe = ConsistencyModelPipeline.from_pretrained(
                folder, variant=variant or None, local_files_only=True)
            pipe.unet.float()
            pipe.set_progress_bar_config(disable=True)
            c = pipe.unet.config
            latents = torch.randn(2, c.in_channels, c.sample_size, c.sample_size,
                                  generator=torch.Generator().manual_seed(5))
            labels = torch.tensor([1, 3]) if int(classes) else None
            sample = latents * pipe.scheduler.init_noise_sigma
            pipe.scheduler.set_timesteps(timesteps=[22, 0])
            draws = [latents]
            with torch.no_grad():
                for i, t in enumerate(pipe.scheduler.timesteps):
                    scaled = pipe.scheduler.scale_model_input(sample, t)
                    answer = pipe.unet(scaled, t, class_labels=labels, return_dict=False)[0]
                    draws.append(torch.randn(latents.shape,
                                             generator=torch.Generator().manual_seed(100 + i)))
                    again = torch.Generator().manual_seed(100 + i)
                    sample = pipe.scheduler.step(answer, t, sample, generator=again)[0]
            safetensors.torch.save_file({"draws": torch.stack(draws), "sample": sample.contiguous()}, out)
            print(type(pipe.unet).__name__, sum(p.numel() for p in pipe.unet.parameters()))
            """;

    @TempDir private Path temporary;

    @Test
    void diffusers_opens_ours_and_agrees() {
        PeerPython python = PeerPython.require("torch", "diffusers", "safetensors");
        for (UNetConfig config : SmallNetworks.all()) {
            compare(python, config, DType.F32, Optional.empty(), 2e-4);
        }
        compare(python, SmallNetworks.residual(), DType.F16, Optional.of("fp16"), 2e-4);
    }

    private void compare(
            PeerPython python,
            UNetConfig config,
            DType storage,
            Optional<String> variant,
            double tolerance) {
        Path folder = temporary.resolve("p" + config.hashCode() + storage);
        Path out = temporary.resolve("out.safetensors");
        DiffusersFolder.write(
                folder,
                config,
                SchedulerConfig.DEFAULT,
                SmallNetworks.weights(config),
                storage,
                variant);
        String said = python.run(PROGRAM, folder, out, config.classes(), variant.orElse(""));
        long count =
                SmallNetworks.weights(config).values().stream()
                        .mapToLong(TensorEntry::elementCount)
                        .sum();
        String last = said.strip().lines().toList().getLast();
        assertEquals("UNet2DModel " + count, last, said);
        try (DiffusersFolder opened = DiffusersFolder.open(folder, variant);
                SafetensorsFile theirs = SafetensorsFile.open(out);
                UNet net = UNet.zeroed(opened.network());
                Scope _ = Scope.open()) {
            net.precision(Precision.F32);
            net.load(tensors(opened.entries()));
            Tensor draws = tensors(theirs.entries()).get("draws");
            SampleRequest request =
                    SampleRequest.of(new ReplayNoise(draws), draws.select(0, 0).shape())
                            .withLabels(
                                    config.classes() > 0
                                            ? Optional.of(Tensor.of(new long[] {1, 3}))
                                            : Optional.empty());
            var grid = opened.scheduler().timesteps();
            Tensor ours =
                    new DiffusersSampler(grid.ofTimesteps(List.of(22, 0)), grid.range(), 1)
                            .sample(
                                    new ConsistencyModel(
                                            net,
                                            new BoundaryScalings(0.5, 0.002),
                                            TimeInput.OPENAI),
                                    request);
            assertArrayEquals(
                    tensors(theirs.entries()).get("sample").clamp(-1, 1).to(DType.F64).toDoubles(),
                    ours.to(DType.F64).toDoubles(),
                    tolerance);
        }
    }

    private static Map<String, Tensor> tensors(Map<String, TensorEntry> entries) {
        Map<String, Tensor> tensors = new HashMap<>();
        entries.forEach((name, entry) ->
                tensors.put(name, Tensor.copyOf(entry.data(), entry.dtype(), entry.shape())));
        return tensors;
    }
}
