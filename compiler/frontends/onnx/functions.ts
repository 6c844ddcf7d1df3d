/**
 * Functions that the file defines itself (ModelProto.functions): each call becomes the nodes of the body.
 *
 * Tensors inside a body get names of their own, an attribute that refers to one of the function (ref_attr_name) gets the
 * value of the call or the function's default, or is left out where there is neither, and the body is read with the
 * operator set that the function imports.
 */
import { fail } from '../../support/diagnostics.ts';
import { attributesOf, toOnnxNode, type OnnxNode } from './node.ts';
import type { AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto } from './onnx_pb.ts';
import { standardOpset } from './opset.ts';

/** Functions that call functions can multiply without end; no network has so many nodes. */
const MOST_NODES = 2 ** 16;

/** Where nodes are being expanded: the graph itself, or the body of a call. */
interface Scope {
  /** `graph`, or the path of the call. */
  readonly path: string;
  readonly prefix: string;
  readonly rename: (tensor: string) => string;
  /** Values of the attributes of the function; null in the graph, which has none. */
  readonly attributes: ReadonlyMap<string, AttributeProto> | null;
  readonly opset: number;
  /** The functions being expanded, outermost first. */
  readonly within: readonly string[];
}

/** What tells functions apart; nodes name the function they call by the same three. */
function keyOf(domain: string, name: string, overload: string): string {
  return `${domain === 'ai.onnx' ? '' : domain}:${name}${overload === '' ? '' : `:${overload}`}`;
}

function indexFunctions(model: ModelProto, file: string): ReadonlyMap<string, FunctionProto> {
  const functions = new Map<string, FunctionProto>();
  for (const definition of model.functions) {
    const key = keyOf(definition.domain, definition.name, definition.overload);
    if (functions.has(key)) {
      fail({
        code: 'BNN1003',
        message: `the function ${definition.name} of domain "${definition.domain}" is defined twice.`,
        origin: { file, path: 'functions' },
      });
    }
    functions.set(key, definition);
  }
  return functions;
}

/**
 * The nodes of the graph in the file's order, with every call of a function of the file replaced by its body.
 * @throws UserError BNN1003 for a function that calls itself or is called wrongly, BNN1008 when the result is too large
 */
export function inlineFunctions(model: ModelProto, graph: GraphProto, file: string, opset: number): readonly OnnxNode[] {
  const functions = indexFunctions(model, file);
  const taken = new Set([
    ...graph.input.map(({ name }) => name),
    ...graph.initializer.map(({ name }) => name),
    ...graph.node.flatMap(({ output }) => output),
  ]);
  const nodes: OnnxNode[] = [];
  const origin = (path: string): { readonly file: string; readonly path: string } => ({ file, path });

  const add = (node: OnnxNode): void => {
    nodes.push(node);
    if (nodes.length <= MOST_NODES) return;
    fail({ code: 'BNN1008', message: `the functions of the file expand to more than ${MOST_NODES} nodes.`, origin: origin('functions') });
  };

  const unique = (name: string): string => {
    let found = name;
    for (let n = 2; taken.has(found); n += 1) found = `${name}.${n}`;
    taken.add(found);
    return found;
  };

  const expand = (protos: readonly NodeProto[], scope: Scope): void => {
    protos.forEach((proto, index) => {
      const node = toOnnxNode(proto, index, scope.path, file, scope.opset);
      const attributes = attributesOf(proto, scope.attributes, node.origin);
      const placed: OnnxNode = {
        ...node,
        name: scope.prefix + node.name,
        inputs: proto.input.map(scope.rename),
        outputs: proto.output.map(scope.rename),
        attributes,
      };
      const key = keyOf(proto.domain, proto.opType, proto.overload);
      const definition = functions.get(key);
      if (definition === undefined) add(placed);
      else call(definition, key, placed, scope);
    });
  };

  const call = (definition: FunctionProto, key: string, node: OnnxNode, scope: Scope): void => {
    if (scope.within.includes(key)) {
      fail({
        code: 'BNN1003',
        message: `the function ${definition.name} calls itself.`,
        origin: node.origin,
        details: [`calls  ${[...scope.within, key].join(' → ')}`],
      });
    }
    if (node.inputs.length > definition.input.length || node.outputs.length > definition.output.length) {
      fail({
        code: 'BNN1003',
        message: `"${node.name}" calls the function ${definition.name} with ${node.inputs.length} inputs and ${node.outputs.length} outputs; it has ${definition.input.length} and ${definition.output.length}.`,
        origin: node.origin,
      });
    }
    const names = new Map<string, string>([['', '']]);
    definition.input.forEach((name, i) => names.set(name, node.inputs[i] ?? ''));
    const made = new Set(definition.node.flatMap(({ output }) => output));
    const copies: (readonly [from: string, to: string])[] = [];
    definition.output.forEach((name, i) => {
      const outer = node.outputs[i] ?? '';
      if (outer === '') return;
      // An output that the body only passes on, or gives twice, is a copy.
      if (made.has(name) && !names.has(name)) names.set(name, outer);
      else copies.push([name, outer]);
    });
    const rename = (tensor: string): string => {
      const known = names.get(tensor);
      if (known !== undefined) return known;
      const fresh = unique(`${node.name}/${tensor}`);
      names.set(tensor, fresh);
      return fresh;
    };
    const values = new Map(definition.attributeProto.map((attribute) => [attribute.name, attribute]));
    node.attributes.forEach((attribute, name) => values.set(name, attribute));
    expand(definition.node, {
      path: node.origin.path,
      prefix: `${node.name}/`,
      rename,
      attributes: values,
      opset: standardOpset(definition.opsetImport, origin(`functions "${definition.name}" opset_import`)) ?? scope.opset,
      within: [...scope.within, key],
    });
    for (const [from, to] of copies)
      add({ ...node, op: 'Identity', domain: '', inputs: [rename(from)], outputs: [to], attributes: new Map() });
  };

  expand(graph.node, { path: 'graph', prefix: '', rename: (tensor) => tensor, attributes: null, opset, within: [] });
  return nodes;
}
