package dev.cm4j.convert;

import dev.cm4j.checkpoint.FilePlace;
import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.checkpoint.StateDict;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.TensorFile;
import dev.cm4j.checkpoint.TorchFile;
import dev.cm4j.checkpoint.UnreadTensor;
import dev.cm4j.nn.NetworkKind;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.schedule.TimeInput;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;

/**
 * An open checkpoint of any kind: its network, its weights under OpenAI's names, and how the
 * network is used on noisy pictures.
 *
 * <pre>
 *   .pt .pth .bin                 OpenAI's names, or another layout with {@link SourceOptions#from}
 *   .safetensors, its index       the same, or a cm4j model, which describes itself
 *   folder                        diffusers, a cm4j run or checkpoint, an OpenAI run
 * </pre>
 *
 * <p>Weights are mapped, or made anew each time they are asked for; so any size opens at once. May
 * be read from several threads.
 */
public final class CheckpointSource implements StoredTensors, AutoCloseable {

    /** The text of a cm4j model file that describes it. */
    public static final String CARD = "cm4j.model";

    private static final String FOLDER = "diffusers folder";
    private static final String MODEL = "cm4j model";
    private static final String CHECKPOINT = "cm4j training checkpoint";

    private final Path path;
    private final String kind;
    private final AutoCloseable open;
    private final CanonicalWeights weights;
    private final NoiseFacts noise;
    private final Map<String, String> metadata;
    private final List<String> notices;

    private CheckpointSource(
            Path path,
            String kind,
            AutoCloseable open,
            CanonicalWeights weights,
            NoiseFacts noise,
            Map<String, String> metadata,
            List<String> notices) {
        this.path = path;
        this.kind = kind;
        this.open = open;
        this.weights = weights;
        this.noise = noise;
        this.metadata = Map.copyOf(metadata);
        this.notices = List.copyOf(notices);
    }

    /**
     * Opens a checkpoint of which nothing else is known.
     *
     * @see #open(Path, SourceOptions)
     */
    public static CheckpointSource open(Path path) {
        return open(path, SourceOptions.NONE);
    }

    /**
     * Opens a checkpoint.
     *
     * @param path a file or a folder
     * @param options what is known about it
     * @return the open checkpoint, the caller's to close
     * @throws FormatException if it is damaged or of no known network, in one sentence
     * @throws UncheckedIOException if it cannot be read
     */
    public static CheckpointSource open(Path path, SourceOptions options) {
        if (!Files.exists(path)) {
            throw new UncheckedIOException(
                    "there is no model " + path + ", neither file nor folder",
                    new NoSuchFileException(path.toString()));
        }
        if (!Files.isDirectory(path)) {
            return file(path, path, options, new ArrayList<>());
        }
        if (SourceFolder.isDiffusers(path)) {
            return diffusers(path, options);
        }
        List<String> notices = new ArrayList<>();
        Path file = SourceFolder.weights(path, options.key(), notices);
        return file(path, file, options, notices);
    }

    /**
     * Whether a folder is of weights, and not of pictures or anything else.
     *
     * @param folder a folder
     * @return true for a pipeline of diffusers, a cm4j run and a cm4j checkpoint
     */
    public static boolean recognises(Path folder) {
        return SourceFolder.isDiffusers(folder) || SourceFolder.isOurs(folder);
    }

    private static CheckpointSource diffusers(Path path, SourceOptions options) {
        if (options.from().isPresent()) {
            throw new FormatException(path, "a diffusers folder", "no --from for it");
        }
        requireUsual(path, DiffusersFolder.readScheduler(path));
        DiffusersFolder folder = DiffusersFolder.open(path, options.variant());
        return new CheckpointSource(
                path,
                FOLDER,
                folder,
                new CanonicalWeights(folder.entries(), folder.network(), List.of()),
                NoiseFacts.of(folder.scheduler()),
                Map.of(),
                List.of());
    }

    private static void requireUsual(Path path, SchedulerConfig scheduler) {
        if (scheduler.noiseScale() != 1 || !scheduler.clipDenoised()) {
            throw new FormatException(
                    path,
                    "a scheduler with s_noise %s and clip_denoised %s"
                            .formatted(scheduler.noiseScale(), scheduler.clipDenoised()),
                    "s_noise 1 and clip_denoised true, the only ones cm4j samples with");
        }
    }

    private static CheckpointSource file(
            Path path, Path file, SourceOptions options, List<String> notices) {
        if (file.toString().endsWith(".npz")) {
            throw new FormatException(
                    file, "NumPy arrays", "weights as .pt, .safetensors or a diffusers folder");
        }
        TensorFile tensors = TensorFile.open(file);
        try {
            Map<String, String> metadata =
                    tensors instanceof SafetensorsFile s ? s.metadata() : Map.of();
            Path state = file.resolveSibling(SourceFolder.STATE);
            if (options.from().isEmpty() && metadata.containsKey(CARD)) {
                CardTree card = CardTree.ofCard(file, metadata.get(CARD));
                return described(path, MODEL, tensors, card, metadata, notices);
            }
            if (options.from().isEmpty() && tensors instanceof SafetensorsFile && isOurs(state)) {
                CardTree card = CardTree.ofState(state);
                return described(path, CHECKPOINT, tensors, card, Map.of(), notices);
            }
            return undescribed(path, file, tensors, options, notices);
        } catch (RuntimeException | Error e) {
            tensors.close();
            throw e;
        }
    }

    private static boolean isOurs(Path state) {
        return Files.isRegularFile(state)
                && state.toAbsolutePath().getParent().getFileName() != null
                && state.toAbsolutePath().getParent().getFileName().toString().startsWith("ckpt-");
    }

    private static CheckpointSource described(
            Path path,
            String kind,
            TensorFile tensors,
            CardTree card,
            Map<String, String> metadata,
            List<String> notices) {
        UNetConfig network = card.network();
        Map<String, TensorEntry> found = tensors.entries();
        LayoutDifference difference =
                LayoutDifference.between(LayoutDifference.shapes(found), OpenAiLayout.of(network));
        if (!difference.isEmpty()) {
            throw new FormatException(
                    tensors.path(),
                    difference + unread(tensors).map(" and "::concat).orElse(""),
                    "the weights its description names");
        }
        unread(tensors).ifPresent(notices::add);
        return new CheckpointSource(
                path,
                kind,
                tensors,
                CanonicalWeights.reordered(found, network, network.qkvOrder()),
                card.noise(),
                metadata,
                notices);
    }

    private static CheckpointSource undescribed(
            Path path, Path file, TensorFile tensors, SourceOptions options, List<String> notices) {
        Optional<String> key = path.equals(file) ? options.key() : Optional.empty();
        StateDict state = StateDict.of(tensors, key);
        notices.addAll(state.notices());
        if (tensors instanceof TorchFile torch) {
            notices.addAll(torch.notices());
        }
        nameSays(file, notices);
        CanonicalWeights weights = weights(file, tensors, state, options);
        notices.addAll(weights.notices());
        unread(tensors).ifPresent(notices::add);
        boolean edm =
                options.from()
                        .filter(f ->
                                f == WeightLayout.EDM
                                        || f == WeightLayout.ECT
                                        || f == WeightLayout.EDM2)
                        .isPresent();
        NoiseFacts noise =
                weights.network().kind() == NetworkKind.SEED
                        ? NoiseFacts.seed(file, options)
                        : NoiseFacts.guessed(
                                edm && options.from().get() != WeightLayout.ECT
                                        ? "edm-" + file.getFileName()
                                        : file.getFileName().toString(),
                                weights.network().imageSize(),
                                edm ? TimeInput.EDM : TimeInput.OPENAI,
                                options,
                                notices);
        return new CheckpointSource(
                path, tensors.kind(), tensors, weights, noise, Map.of(), notices);
    }

    private static CanonicalWeights weights(
            Path file, TensorFile tensors, StateDict state, SourceOptions options) {
        try {
            return CanonicalWeights.of(file, state.entries(), options);
        } catch (FormatException e) {
            throw unread(tensors)
                    .map(left ->
                            new FormatException(
                                    e.file(), e.found() + " and " + left, e.expected(), e))
                    .orElse(e);
        }
    }

    /** What was left out because tensors of cm4j have no such elements. */
    private static Optional<String> unread(TensorFile tensors) {
        List<UnreadTensor> unread = tensors.unread();
        return unread.isEmpty()
                ? Optional.empty()
                : Optional.of("left out what cm4j cannot read: " + UnreadTensor.words(unread));
    }

    /** What an OpenAI run puts into the names of its files. */
    private static void nameSays(Path file, List<String> notices) {
        Matcher name = SourceFolder.OPENAI_FILE.matcher(file.getFileName().toString());
        if (name.matches()) {
            String what =
                    name.group(2) == null
                            ? name.group(1).replace('_', ' ')
                            : "average of rate " + name.group(2);
            notices.add(
                    "a file of an OpenAI run: the %s after %d steps"
                            .formatted(what, Long.parseLong(name.group(3))));
        }
    }

    /** The file or folder that was opened. */
    public Path path() {
        return path;
    }

    /** What it is, in a word or two. */
    public String kind() {
        return kind;
    }

    /** Whether it is of cm4j, which writes down what weights do not say. */
    public boolean isOurs() {
        return kind.equals(MODEL) || kind.equals(CHECKPOINT);
    }

    /** The folder of a training checkpoint, which lies in that of its run. */
    public Optional<Path> checkpoint() {
        return kind.equals(CHECKPOINT) && open instanceof TensorFile file
                ? Optional.of(file.path().toAbsolutePath().getParent())
                : Optional.empty();
    }

    /** Whether it says itself what its weights do not. */
    public boolean describesItself() {
        return isOurs() || kind.equals(FOLDER);
    }

    /** The network. */
    public UNetConfig network() {
        return weights.network();
    }

    /**
     * The weights under OpenAI's names, in state dict order, with the rows of q, k and v
     * three-head.
     *
     * @return an unmodifiable map; some tensors are made anew each time they are asked for; all
     *     data ends with {@link #close}
     */
    public Map<String, TensorEntry> entries() {
        return Collections.unmodifiableMap(weights.entries());
    }

    @Override
    public Set<String> names() {
        return weights.entries().keySet();
    }

    @Override
    public List<TensorEntry> pieces(String name) {
        return LazyEntries.pieces(weights.entries(), name);
    }

    @Override
    public Optional<FilePlace> place(TensorEntry piece) {
        return switch (open) {
            case TensorFile file -> file.place(piece);
            case DiffusersFolder folder -> folder.place(piece);
            default -> Optional.empty();
        };
    }

    /** How the network is used. */
    public NoiseFacts noise() {
        return noise;
    }

    /** The texts of a cm4j model file, among them its card; else none. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** What was chosen, assumed and changed, as sentences. */
    public List<String> notices() {
        return notices;
    }

    /** Unmaps the weights. Every entry's data ends. */
    @Override
    public void close() {
        switch (open) {
            case TensorFile file -> file.close();
            case DiffusersFolder folder -> folder.close();
            default -> throw new IllegalStateException("nothing closes " + open.getClass());
        }
    }
}
