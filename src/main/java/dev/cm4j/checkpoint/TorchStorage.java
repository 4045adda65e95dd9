package dev.cm4j.checkpoint;

import java.util.Optional;

/** One storage of a checkpoint: a run of elements under a key, whose bytes lie in the file. */
final class TorchStorage {

    private final String key;
    private final long numel;
    private Optional<TorchElement> element;

    /**
     * @param key name of the record, or address as text in the legacy format
     * @param element type of the elements; empty where only the tensors over it know (untyped)
     * @param numel number of elements, or of bytes where untyped
     */
    TorchStorage(String key, Optional<TorchElement> element, long numel) {
        this.key = key;
        this.element = element;
        this.numel = numel;
        this.typed = element.isPresent();
    }

    private final boolean typed;

    String key() {
        return key;
    }

    /** Size in bytes; at most 2^48 elements of at most 16 bytes, so it cannot overflow. */
    long bytes() {
        return typed ? numel * element.orElseThrow().bytes() : numel;
    }

    boolean matches(Optional<TorchElement> other, long otherNumel) {
        return typed == other.isPresent()
                && numel == otherNumel
                && (!typed || element.equals(other));
    }

    Optional<TorchElement> element() {
        return element;
    }

    /**
     * Settles the type by a tensor over it; false where another tensor has settled it otherwise.
     */
    boolean settle(TorchElement wanted) {
        if (element.isEmpty()) {
            element = Optional.of(wanted);
        }
        return element.orElseThrow() == wanted;
    }

    boolean typed() {
        return typed;
    }
}
