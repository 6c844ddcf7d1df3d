/**
 * Every diagnostic code: one entry makes `bnnc explain CODE` and docs/errors.md. Codes are stable; never reuse one.
 *
 * BNN0 command line · BNN1 reading a model file · BNN2 meaning of the network · BNN3 target, kernels, memory ·
 * BNN4 data and verification · BNN5 compilers and emulators · BNN6 writing results
 */
export interface CodeEntry {
  readonly title: string;
  /** Paragraphs: why it happens, and what helps. */
  readonly explanation: readonly string[];
}

const entries = {
  BNN0001: {
    title: 'an option has a value that cannot be used',
    explanation: [
      'The value of an option is not one of its choices, not a number where one is needed, or contradicts another option.',
      'Input scaling takes exact decimals or fractions such as 0.1307 or 1/255, one for all channels or a comma list with one per channel. Run the verb with --help for the choices.',
    ],
  },
  BNN0002: {
    title: 'the command line cannot be understood',
    explanation: [
      'A verb or an option that does not exist, an option that is given twice or without its value, or a missing argument. `bnnc --help` lists the verbs, --help behind a verb its options.',
      'Options may also stand in bnnc.config.json, or under the key bnnc of package.json, in the working directory; a word there that is no option of any verb is refused as well.',
    ],
  },
  BNN1001: {
    title: 'the model file cannot be read',
    explanation: ['The path does not exist, is a directory, or may not be read. Nothing was written.'],
  },
  BNN1002: {
    title: 'the file is not a model that bnnc knows',
    explanation: [
      'Formats are recognised by content, not by file name. An ONNX file is a protobuf message with a graph and an operator set.',
      'If you know the format, force it with --from; the reader then says at which byte it gives up.',
    ],
  },
  BNN1003: {
    title: 'the model file is truncated or damaged',
    explanation: [
      'The file starts like a known format and then ends early or contradicts itself. Interrupted downloads and git-lfs pointer files are the usual reasons: compare its size with the original.',
    ],
  },
  BNN1004: {
    title: 'an operator is not supported',
    explanation: [
      'The model uses an operator that has no meaning in bnnc yet. The message names every such node at once.',
      'Operators that depend only on constants are folded, so running onnxsim on the file can remove many of them. Otherwise re-export without the operator, or cut the model before it with --output.',
    ],
  },
  BNN1005: {
    title: 'a dimension is dynamic',
    explanation: [
      'Only the batch dimension may be symbolic; bnnc compiles for batch 1 and fixed sizes, because memory is planned at compile time.',
      'Export with a fixed input size, or set it with onnxruntime.tools.make_dynamic_shape_fixed.',
    ],
  },
  BNN1006: {
    title: 'the model does not have exactly one input and one output',
    explanation: [
      'The generated header has one input and one output. Initializers that are listed as inputs do not count.',
      'With several outputs, choose one with --output NAME.',
    ],
  },
  BNN1007: {
    title: 'a multi-bit quantizer',
    explanation: [
      'bnnc compiles binarized networks: activations and weights of one bit. A Quant node with 2 or more bits (W2A2, W4A4, int8) has no exact binary form.',
      'An 8-bit quantizer on the input can be replaced by an integer input: remove the node and compile with --input u8 or i8 and --input-scale. Inner layers must be retrained with one bit.',
    ],
  },
  BNN1008: {
    title: 'an operator is used in a way that bnnc does not support',
    explanation: [
      'The operator itself is supported, but not with these attributes or inputs: weights that are computed at run time, an axis other than the channels, an attribute value without a counterpart. The message names the attribute, the value seen and the values that work.',
    ],
  },
  BNN1009: {
    title: 'a stored tensor cannot be read',
    explanation: ['The data type or storage of an initializer is not supported, or its data is shorter or longer than its shape says.'],
  },
  BNN1010: {
    title: 'the version of the file is not supported',
    explanation: [
      'The operator set or the container version lies outside the range this version of bnnc reads. Re-export with a newer operator set, or convert the file with onnx.version_converter.',
    ],
  },
  BNN1011: {
    title: 'the order of dimensions cannot be followed',
    explanation: [
      'bnnc stores images channels last and moves every Transpose, Reshape and Flatten into the weights at compile time. This node mixes dimensions in a way that would need data movement on the chip.',
    ],
  },
  BNN1012: {
    title: 'the file holds weights without a network',
    explanation: [
      'Weight files (state dictionaries of PyTorch, .npz files of Lasagne, TensorFlow checkpoints) name their tensors and do not say how layers are connected, padded or scaled.',
      '--topology NAME takes the network of a published system; --topology FILE takes a document of yours, a JSON model whose arrays are tensors of the file. docs/topologies.md describes both.',
    ],
  },
  BNN1013: {
    title: 'a file that belongs to the model is missing',
    explanation: [
      'Some systems keep a model in several files: MXNet a graph (-symbol.json) and arrays (.params), TensorFlow an index and its data. They must stand in one folder, under the names that the system gave them.',
      'Where several files could be meant, the message lists them; name the one to compile.',
    ],
  },
  BNN1020: {
    title: 'the text of a JSON model cannot be read',
    explanation: [
      'The file is not JSON: a comma, a quote or a bracket is missing or too much, a key stands twice, or the text is not UTF-8. The message shows the line and the column.',
      'JSON has no comments, no comma behind the last entry, and no NaN; numbers that are not finite are written as "NaN" and "Infinity".',
    ],
  },
  BNN1021: {
    title: 'a field of a JSON model is missing or wrong',
    explanation: [
      'The message names the field by its path, such as nodes[3].weights, with the line where it stands, what it holds and what it should hold.',
      'docs/json.md describes every field; an editor that knows JSON Schema checks them while you type if the file has the key "$schema" with the path of schema/bnnc-model-1.schema.json.',
    ],
  },
  BNN1022: {
    title: 'the nodes of a JSON model do not fit together',
    explanation: [
      'Two nodes have the same name, or a node reads a name that no node has, or one that is made only after it. Nodes stand in the order in which they are computed; a node without "inputs" reads the one before it.',
    ],
  },
  BNN2001: {
    title: 'a layer does not fit its input',
    explanation: ['Shapes or element types do not agree. The message gives both sides. If other tools accept the file, please report it.'],
  },
  BNN2002: {
    title: 'weights are not ±α',
    explanation: [
      'A binary layer needs each filter to consist of +α and -α with one positive α. The message names the first filter and value that differ. The layer is compiled as it stands, in float32; --strict refuses it.',
      'It is a warning where the layer looks as if it was meant to be binary: its input is bits, or all but a few weights are ±α. Real first and last layers, and sparse filters, are compiled without one.',
      'Latent float weights in an export are the usual reason: binarize them (sign, or sign times the mean magnitude) before exporting. A weight of exactly 0 comes from torch.sign(0).',
    ],
  },
  BNN2003: {
    title: 'a constant is NaN, infinite or out of its range',
    explanation: [
      'Batch normalization and the other float32 steps must be finite for every value that can arrive, or no threshold can be exact. The message names the tensor, the channel and the value.',
      'Training that diverged, a negative variance, or a division by a zero standard deviation are the usual reasons.',
    ],
  },
  BNN2004: {
    title: 'sign(0) is not ±1 and zero can occur',
    explanation: [
      'torch.sign and ONNX Sign give 0 for 0, which a bit cannot hold, and an accumulator of this channel attains exactly 0. Systems disagree on what a deployed network does there: BinaryNet, Larq and QONNX give +1, others -1.',
      'Say which one your deployment means: --sign-zero plus or --sign-zero minus. The choice is recorded in the header.',
    ],
  },
  BNN2005: {
    title: 'a binary layer is computed in float32',
    explanation: [
      'The layer has weights of ±α, but its input is the float input of the network. It is compiled as it stands, in float32, which most microcontrollers compute in software; --strict refuses it.',
      'Where the input really is a byte, say so: with --input u8 (or i8) and --input-scale the sums are exact integers.',
    ],
  },
  BNN2006: {
    title: 'an accumulator does not fit into 32 bits',
    explanation: [
      'The integer sum of a first layer with these input scales can exceed 32 bits. Rounder scales and means (fewer decimals, one scale for all channels) need smaller integers.',
    ],
  },
  BNN2007: {
    title: 'a result is no score',
    explanation: [
      'A network ends in integers or real numbers: the scores that are written to the output. Bits and bytes are none, and neither is a truth value. The message names the operation that is left over.',
    ],
  },
  BNN2008: {
    title: 'the input options do not fit the model',
    explanation: [
      'The number of scales or offsets is neither 1 nor the number of channels, a scale is 0, or the chosen input type cannot represent what the first layer needs.',
    ],
  },
  BNN2009: {
    title: 'sign(0) of a real number is taken as +1',
    explanation: [
      'torch.sign and ONNX Sign give 0 for 0, which a bit cannot hold. Where the sign reads sums of integers, bnnc finds out whether 0 can occur; of real numbers it cannot know, and takes +1. The banner of the header says so, and --strict refuses it.',
      'Say which one your deployment means: --sign-zero plus or --sign-zero minus.',
    ],
  },
  BNN3001: {
    title: 'the model does not fit the target',
    explanation: [
      'Tables and code must fit into flash, the workspace and the stack into RAM. The message says by how many bytes it is too big and which layer needs most.',
      'Choose a target with more memory, raise the limit with --flash or --ram if your part is larger, or train a narrower network.',
      'AVR reads tables with 16-bit addresses: however much flash the part has, 60,000 bytes of tables can be reached, 32,767 of one. --optimize size takes the smallest kernels.',
    ],
  },
  BNN3002: {
    title: 'no kernel can compute a layer',
    explanation: [
      'Every kernel was asked and gave its reason; the message lists them. This limits shapes (for example more than 32767 inputs to one output), not meaning.',
    ],
  },
  BNN3003: {
    title: 'a real number cannot be computed exactly',
    explanation: [
      'The real number of an integer sum is α·accumulator + bias, rounded once to float32. It is computed by one or two float32 operations where those are exact for every attainable accumulator, otherwise by a 64-bit integer that is rounded once.',
      'Neither works where the last layer reads bytes with a scale that is no multiple of a power of two (such as 1/255) and has a bias, or where α and bias are more than about 2^38 apart. Drop the bias of the last layer, or put a batch normalization behind it.',
    ],
  },
  BNN3004: {
    title: 'unknown target or bad target description',
    explanation: ['A target is a folder under targets/ with a target.json. `bnnc targets` lists them.'],
  },
  BNN3005: {
    title: 'a network has no form in TypeScript',
    explanation: [
      'The TypeScript evaluator has bits and integers between layers, and real numbers only as scores. Networks with real-valued layers, residual sums or average pools are compiled to C; --emit json writes them for other interpreters.',
    ],
  },
  BNN4001: {
    title: 'a data file cannot be read',
    explanation: ['Data and labels are read from idx (also .gz), .npy and .npz files.'],
  },
  BNN4002: {
    title: 'the data do not have the shape or type of the model input',
    explanation: [
      'Each sample must have the shape of the model input in the order of the model file, and elements that the input type can hold.',
    ],
  },
  BNN4003: {
    title: 'compiled and reference outputs differ',
    explanation: [
      'The compiled network must give the same bits as the interpreter. A difference is a bug in bnnc or in the C compiler: please report it with the model and the sample number.',
      'A difference from onnxruntime alone can be legitimate where float32 sums of a first layer round differently; the message says which samples.',
    ],
  },
  BNN4004: {
    title: 'an earlier benchmark cannot be compared',
    explanation: [
      '`bnnc bench --compare` reads what `bnnc bench --json` wrote. Counts may depend on the data, so both must have counted the same samples under the same optimization; the model, the compiler and the version of bnnc may differ.',
    ],
  },
  BNN4005: {
    title: 'a layer computes other values',
    explanation: [
      '`bnnc verify --layers` names the first stored value that differs. Where compiled code differs from the interpreter, or the lowered graph from the reference, it is a bug in bnnc or in the C compiler: please report it with the model and the sample number.',
      'Where onnxruntime differs, rounding explains signs whose value before is almost 0, and all that follows from them. A difference of a real number beyond the tolerance before any sign has turned means that the file is read in another way than onnxruntime does: please report it too.',
    ],
  },
  BNN5001: {
    title: 'a compiler is missing',
    explanation: ['The target needs a C compiler that is not installed; the message gives the package to install.'],
  },
  BNN5002: {
    title: 'an emulator is missing',
    explanation: ['The target runs in an emulator that is not installed; the message gives the package to install.'],
  },
  BNN5003: {
    title: 'the generated C does not compile',
    explanation: [
      'This is a bug in bnnc, or a compiler older than C99. The compiler output is part of the message; please report it with the model.',
    ],
  },
  BNN5004: {
    title: 'the program did not run to its end in the emulator',
    explanation: ['It faulted, ran out of time, or the emulator could not start. The last lines of its output are part of the message.'],
  },
  BNN5005: {
    title: 'onnxruntime is not installed',
    explanation: [
      '--reference onnxruntime needs the optional package onnxruntime-node: npm install onnxruntime-node. The interpreter is always available.',
    ],
  },
  BNN5006: {
    title: 'instructions cannot be counted',
    explanation: [
      'bnnc counts instructions with a plugin of QEMU. It builds the plugin with the C compiler of this computer when it first needs it, and keeps it in the cache folder of the user ($XDG_CACHE_HOME, ~/.cache, on macOS ~/Library/Caches) under bnnc/.',
      'Some packages of QEMU are built without plugins; those of Debian and Ubuntu have them. There is no other way to count exactly: the clocks of the emulator follow the time of this computer. Everything but the counts is in `bnnc verify`.',
    ],
  },
  BNN6001: {
    title: 'a result cannot be written',
    explanation: [
      'The output folder does not exist or may not be written, or the file named is the model itself. Nothing was left behind.',
    ],
  },
} as const satisfies Record<string, CodeEntry>;

export type Code = keyof typeof entries;

export const CODES: Readonly<Record<Code, CodeEntry>> = entries;

export function isCode(text: string): text is Code {
  return Object.hasOwn(CODES, text);
}
