package dev.cm4j.convert;

import dev.cm4j.checkpoint.FilePlace;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.TensorFile;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Tensors of open files by name, and where their bytes lie. */
public interface StoredTensors {

    /** Their names, in order. */
    Set<String> names();

    /**
     * One tensor.
     *
     * @param name one of {@link #names}
     * @return the tensor in one piece, or row by row where files have it in several; of one element
     *     type
     */
    List<TensorEntry> pieces(String name);

    /**
     * Where a piece lies.
     *
     * @return empty if it was made in memory
     */
    Optional<FilePlace> place(TensorEntry piece);

    /** All tensors of a file as they are. */
    static StoredTensors of(TensorFile file) {
        var entries = file.entries();
        return new StoredTensors() {
            @Override
            public Set<String> names() {
                return entries.keySet();
            }

            @Override
            public List<TensorEntry> pieces(String name) {
                return List.of(entries.get(name));
            }

            @Override
            public Optional<FilePlace> place(TensorEntry piece) {
                return file.place(piece);
            }
        };
    }
}
