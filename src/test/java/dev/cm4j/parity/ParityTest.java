package dev.cm4j.parity;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.cm4j.tensor.Scope;
import dev.cm4j.testing.NoLeaks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Our numbers are the original implementations': one test for each recorded case.
 *
 * <p>The cases lie in the folder named by {@code -Dcm4j.reference=DIR}, by default {@code
 * ../shared/reference}. An unknown kind fails.
 */
@Tag("parity")
@ExtendWith(NoLeaks.class)
class ParityTest {

    private static final Map<String, Consumer<ReferenceCase>> CHECKS =
            Map.ofEntries(
                    Map.entry("unet", NetworkParity::unet),
                    Map.entry("unet-lowp", NetworkParity::lowPrecision),
                    Map.entry("unet-invariance", NetworkParity::invariance),
                    Map.entry("ops", NetworkParity::operations),
                    Map.entry("karras-sigmas", ScheduleParity::karrasSigmas),
                    Map.entry("karras-scalings", ScheduleParity::karrasScalings),
                    Map.entry("karras-denoise", ScheduleParity::karrasDenoise),
                    Map.entry("sigma-sampling", ScheduleParity::sigmaSampling),
                    Map.entry("scales", ScheduleParity::scales),
                    Map.entry("optim", OptimiserParity::optimiser),
                    Map.entry("ema", OptimiserParity::average),
                    Map.entry("rng", RandomParity::streams),
                    Map.entry("loss", LossParity::loss),
                    Map.entry("lpips-distance", LpipsParity::distance),
                    Map.entry("loss-scale", OptimiserParity::lossScale),
                    Map.entry("metrics", MetricsParity::metrics),
                    Map.entry("train", TrainParity::train),
                    Map.entry("sampler", SamplerParity::sampler),
                    Map.entry("diffusers", DiffusersParity::pipeline),
                    Map.entry("diffusers-scheduler", DiffusersParity::scheduler),
                    Map.entry("checkpoints", CheckpointParity::checkpoints),
                    Map.entry("edit", EditParity::edit),
                    Map.entry("architecture", ArchitectureParity::architecture),
                    Map.entry("unet-recipe", RecipeParity::forward));

    @TestFactory
    Stream<DynamicTest> cases() throws IOException {
        Path root = Path.of(System.getProperty("cm4j.reference", "../shared/reference"));
        if (!Files.isDirectory(root)) {
            abort(
                    "no reference cases: "
                            + root
                            + " is not a folder; name one with -Dcm4j.reference=DIR");
        }
        try (Stream<Path> folders = Files.list(root)) {
            List<Path> cases =
                    folders.filter(f -> Files.exists(f.resolve("case.json"))).sorted().toList();
            return cases.stream()
                    .map(f -> DynamicTest.dynamicTest(f.getFileName().toString(), () -> run(f)));
        }
    }

    private static void run(Path folder) {
        try (ReferenceCase reference = ReferenceCase.open(folder);
                Scope _ = Scope.open()) {
            Consumer<ReferenceCase> check = CHECKS.get(reference.kind());
            if (check != null) {
                check.accept(reference);
            } else {
                fail(reference.name() + ": unknown kind '" + reference.kind() + "'");
            }
        }
    }
}
