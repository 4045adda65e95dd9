package dev.cm4j.testing;

import dev.cm4j.tensor.NativeMemory;
import dev.cm4j.tensor.NativeMemory.Kind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test class that ends with other numbers of native objects than it began with; given to
 * {@code ExtendWith}.
 */
public final class NoLeaks implements BeforeAllCallback, AfterAllCallback {
    private static final ExtensionContext.Namespace SPACE =
            ExtensionContext.Namespace.create(NoLeaks.class);

    @Override
    public void beforeAll(ExtensionContext context) {
        context.getStore(SPACE).put(context.getUniqueId(), Counts.now());
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Counts before = context.getStore(SPACE).remove(context.getUniqueId(), Counts.class);
        List<String> differences = before.differences(Counts.now());
        if (!differences.isEmpty()) {
            throw new AssertionError(
                    context.getDisplayName()
                            + " leaves native objects behind: "
                            + String.join(", ", differences));
        }
    }

    /**
     * Live native objects of each kind at one moment.
     *
     * @param live number by kind
     */
    public record Counts(Map<Kind, Long> live) {
        /** The numbers of this moment. */
        public static Counts now() {
            Map<Kind, Long> live = new EnumMap<>(Kind.class);
            for (Kind kind : Kind.values()) {
                live.put(kind, NativeMemory.live(kind));
            }
            return new Counts(live);
        }

        /** What has changed between this moment and a later one, in words. */
        public List<String> differences(Counts later) {
            List<String> differences = new ArrayList<>();
            live.forEach((kind, before) -> {
                long after = later.live().get(kind);
                if (after != before) {
                    differences.add("%s %d, before %d".formatted(kind, after, before));
                }
            });
            return differences;
        }
    }
}
