package dev.cm4j.testing;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory of which nothing is left: every request ends as it does when memory is short. */
public final class FullArena implements Arena {

    @Override
    public MemorySegment allocate(long byteSize, long byteAlignment) {
        throw new OutOfMemoryError("Cannot reserve " + byteSize + " bytes");
    }

    @Override
    public MemorySegment.Scope scope() {
        return Arena.global().scope();
    }

    @Override
    public void close() {}
}
