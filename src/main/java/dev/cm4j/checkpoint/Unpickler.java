package dev.cm4j.checkpoint;

import dev.cm4j.checkpoint.PickleValue.Dict;
import dev.cm4j.checkpoint.PickleValue.None;
import dev.cm4j.checkpoint.PickleValue.Opaque;
import dev.cm4j.checkpoint.PickleValue.Real;
import dev.cm4j.checkpoint.PickleValue.Sequence;
import dev.cm4j.checkpoint.PickleValue.Text;
import dev.cm4j.checkpoint.PickleValue.Truth;
import dev.cm4j.checkpoint.PickleValue.Tuple;
import dev.cm4j.checkpoint.PickleValue.Whole;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The machine that reads a pickle: a stack, a memo and the safe part of Python's opcodes.
 *
 * <p>No opcode runs code. A name outside {@link PickleGlobal}, an opcode outside the list, an index
 * outside the stack or a length beyond the bytes ends the reading with its byte offset. Memory is
 * bounded by the pickle's own length and by the limits below.
 *
 * <p>Source: Python's {@code pickletools}; PyTorch's {@code _weights_only_unpickler.py}.
 */
final class Unpickler {

    /** Most values on the stack, in the memo, made as containers or copied between dicts. */
    static final int MAX_VALUES = 4_000_000;

    private static final int MAX_NESTING = 256;

    private final PickleBytes in;
    private final TorchReducer reducer;
    private final ArrayList<PickleValue> stack = new ArrayList<>();
    private final ArrayList<Integer> marks = new ArrayList<>();
    private final Map<Integer, PickleValue> memo = new HashMap<>();
    private int containers;

    /**
     * @param in the bytes, at the pickle's first
     * @param reducer knows what the allowed names make
     */
    Unpickler(PickleBytes in, TorchReducer reducer) {
        this.in = in;
        this.reducer = reducer;
    }

    /** Reads up to and with STOP, and returns the value on top of the stack. */
    PickleValue load() {
        while (true) {
            int opcode = in.opcode();
            if (opcode == '.') {
                return pop();
            }
            step(opcode);
        }
    }

    private void step(int opcode) {
        switch (opcode) {
            case 0x80 -> requireProtocol(in.u8());
            case 0x95 -> in.skip(Long.BYTES); // FRAME: only a hint for buffering
            case 'N' -> push(None.NONE);
            case 0x88 -> push(new Truth(true));
            case 0x89 -> push(new Truth(false));
            case 'J' -> push(new Whole(in.i32()));
            case 'K' -> push(new Whole(in.u8()));
            case 'M' -> push(new Whole(in.u16()));
            case 0x8A -> push(new Whole(in.whole(in.u8())));
            case 0x8B -> push(new Whole(in.whole(in.i32())));
            case 'G' -> push(new Real(in.bigEndianDouble()));
            case 'X' -> push(new Text(in.utf8(in.u32())));
            case 0x8C -> push(new Text(in.utf8(in.u8())));
            case 0x8D -> push(new Text(in.utf8(in.i64())));
            case 'U' -> push(new Text(in.latin1(in.u8())));
            case 'T' -> push(new Text(in.latin1(in.u32())));
            case 'C' -> pushBytes(in.u8());
            case 'B' -> pushBytes(in.u32());
            case 0x8E -> pushBytes(in.i64());
            case '(' -> mark();
            case ')' -> push(new Tuple(List.of()));
            case 't' -> pushTuple(popToMark());
            case 0x85 -> pushTuple(popLast(1));
            case 0x86 -> pushTuple(popLast(2));
            case 0x87 -> pushTuple(popLast(3));
            case ']' -> pushContainer(new Sequence(new ArrayList<>(0)));
            case '}' -> pushContainer(new Dict(new LinkedHashMap<>(), false));
            case 0x8F -> push(Opaque.OPAQUE);
            case 'a' -> append(popLast(1));
            case 'e' -> append(popToMark());
            case 's' -> setItems(popLast(2));
            case 'u' -> setItems(popToMark());
            case 'q' -> remember(in.u8());
            case 'r' -> remember(in.u32());
            case 0x94 -> remember(memo.size());
            case 'h' -> recall(in.u8());
            case 'j' -> recall(in.u32());
            case '0' -> pop();
            case '1' -> popToMark();
            case '2' -> push(top());
            case 'c' -> push(in.global(in.line(), in.line()));
            case 0x93 -> pushStackGlobal();
            case 'Q' -> push(reducer.persistent(pop()));
            case 'R' -> reduce();
            case 0x81 -> create();
            case 'b' -> build();
            default ->
                    throw in.bad(
                            "opcode 0x%02X".formatted(opcode),
                            "the opcodes of a state dict; convert the file with Python first");
        }
    }

    private void requireProtocol(int protocol) {
        if (protocol < 2 || protocol > 5) {
            throw in.bad("pickle protocol " + protocol, "2 to 5");
        }
    }

    private void pushStackGlobal() {
        PickleValue name = pop();
        PickleValue module = pop();
        if (!(module instanceof Text home && name instanceof Text own)) {
            throw in.bad("a global whose name is no text", "two texts");
        }
        push(in.global(home.value(), own.value()));
    }

    private void reduce() {
        PickleValue arguments = pop();
        PickleValue callable = pop();
        pushContainer(reducer.call(callable, arguments));
    }

    private void create() {
        PickleValue arguments = pop();
        PickleValue type = pop();
        pushContainer(reducer.create(type, arguments));
    }

    /** Attributes are allowed on an OrderedDict, where PyTorch keeps versions, and ignored. */
    private void build() {
        pop();
        if (!(top() instanceof Dict dict && dict.ordered())) {
            throw in.bad("BUILD of something else than an OrderedDict", "a state dict");
        }
    }

    private void append(List<PickleValue> items) {
        if (!(top() instanceof Sequence list)) {
            throw in.bad("APPEND to something else than a list", "a list");
        }
        list.items().addAll(items);
    }

    private void setItems(List<PickleValue> items) {
        if (!(top() instanceof Dict dict)) {
            throw in.bad("SETITEM on something else than a dict", "a dict");
        }
        if (items.size() % 2 != 0) {
            throw in.bad("SETITEMS with a key and no value", "pairs");
        }
        for (int i = 0; i < items.size(); i += 2) {
            reducer.put(dict.items(), items.get(i), items.get(i + 1));
        }
    }

    private void remember(long slot) {
        if (slot >= MAX_VALUES) {
            throw in.bad("memo entry " + slot, "less than " + MAX_VALUES);
        }
        memo.put((int) slot, top());
    }

    private void recall(long slot) {
        PickleValue value = slot < MAX_VALUES ? memo.get((int) slot) : null;
        if (value == null) {
            throw in.bad("memo entry " + slot + ", which was never written", "one that was");
        }
        push(value);
    }

    private void mark() {
        if (marks.size() == MAX_NESTING) {
            throw in.bad("more than " + MAX_NESTING + " nested marks", "less nesting");
        }
        marks.add(stack.size());
    }

    private void pushBytes(long length) {
        in.skip(length);
        push(Opaque.OPAQUE);
    }

    private void pushTuple(List<PickleValue> items) {
        Tuple tuple = new Tuple(items);
        if (tuple.depth() > MAX_NESTING) {
            throw in.bad("tuples nested more than " + MAX_NESTING + " deep", "less nesting");
        }
        pushContainer(tuple);
    }

    private void pushContainer(PickleValue value) {
        if (++containers > MAX_VALUES) {
            throw in.bad("more than " + MAX_VALUES + " values", "a state dict");
        }
        push(value);
    }

    private void push(PickleValue value) {
        if (stack.size() == MAX_VALUES) {
            throw in.bad("more than " + MAX_VALUES + " values at once", "a state dict");
        }
        stack.add(value);
    }

    private PickleValue pop() {
        PickleValue value = top();
        stack.removeLast();
        return value;
    }

    /** The last value; never one below a mark, which belongs to an unfinished container. */
    private PickleValue top() {
        if (stack.size() <= floor()) {
            throw in.bad("a value taken from an empty stack", "a value");
        }
        return stack.getLast();
    }

    private List<PickleValue> popLast(int count) {
        if (stack.size() - floor() < count) {
            throw in.bad("a value taken from an empty stack", count + " values");
        }
        return popFrom(stack.size() - count);
    }

    private List<PickleValue> popToMark() {
        if (marks.isEmpty()) {
            throw in.bad("the end of a container that never began", "a MARK before it");
        }
        return popFrom(marks.removeLast());
    }

    private List<PickleValue> popFrom(int first) {
        List<PickleValue> tail = stack.subList(first, stack.size());
        List<PickleValue> items = new ArrayList<>(tail);
        tail.clear();
        return items;
    }

    private int floor() {
        return marks.isEmpty() ? 0 : marks.getLast();
    }
}
