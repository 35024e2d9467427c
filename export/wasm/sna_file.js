// sna_file.js - names, units, levels and ranges of a .sna file (FORMAT.md), read after the C library
// has checked its bytes, and the numbers that a caller gives. SPDX-License-Identifier: Apache-2.0

/** An error with the status that Python has for it: 'corrupt', 'bad_input', .. `rule` is the broken rule of
 * FORMAT.md section 12, '' for none. */
export class SnaError extends Error {
  constructor(status, message, rule = '') {
    super(message);
    this.name = 'SnaError';
    this.status = status;
    this.rule = rule;
  }
}

/** Throws for what JavaScript would take for a number and is none. */
export function sna_checkNumber(value) {
  if (typeof value !== 'number' || Number.isNaN(value)) throw new SnaError('bad_input', `${value} (${typeof value}) is no number; give one`);
}

/** The first `count` numbers; null, a missing number in JSON, is no 0. */
export function sna_numbers(x, count) {
  return x.subarray ? x.subarray(0, count) : Array.from({ length: count }, (_, i) => x[i] ?? NaN);
}

/** A copy of few numbers, quicker than slice(). */
export function shortCopy(view) {
  const found = new Float64Array(view.length);
  for (let i = 0; i < found.length; i++) found[i] = view[i];
  return found;
}

const sna_compiled = new WeakMap();

/** WebAssembly.Module of what `open` takes; the same bytes are compiled once. */
export async function sna_module(wasm) {
  if (wasm instanceof WebAssembly.Module) return wasm;
  const bytes = typeof Response === 'function' && wasm instanceof Response ? await wasm.arrayBuffer() : wasm;
  if (!(bytes instanceof ArrayBuffer || ArrayBuffer.isView(bytes))) {
    throw new SnaError('bad_input', 'the library is not there; give the bytes of sna.wasm as second argument');
  }
  if (!sna_compiled.has(bytes)) {
    sna_compiled.set(bytes, WebAssembly.compile(bytes).catch(() => {
      sna_compiled.delete(bytes);
      throw new SnaError('bad_input', 'the bytes given for sna.wasm are none; take the file beside sna.js');
    }));
  }
  return sna_compiled.get(bytes);
}

export const SNA_CATEGORICAL = 2;
const SNA_LINKS = ['identity', 'exp', 'logistic'];
const SNA_SECTIONS = { axes: 1, outputs: 7, certificate: 10, metadata: 11, signature: 13, calibration: 15, readings: 16 };

function sectionView(bytes, name) {
  const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const id = SNA_SECTIONS[name];
  if (id > head.getUint16(20, true)) return new DataView(new ArrayBuffer(0));
  const at = 64 + 16 * (id - 1);
  return new DataView(bytes.buffer, bytes.byteOffset + head.getUint32(at + 4, true), head.getUint32(at + 8, true));
}

function sectionObject(bytes, name) {
  try {
    const found = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(sectionView(bytes, name)));
    if (found && typeof found === 'object' && !Array.isArray(found)) return found;
  } catch {
    // said below
  }
  throw new SnaError('corrupt', `bad_metadata: section '${name}' is not canonical JSON; export the model again`, 'bad_metadata');
}

function checkNames(entries, count, what) {
  const text = (e) => Array.isArray(e) && typeof e[0] === 'string' && e[0] !== '' && typeof e[1] === 'string';
  if (Array.isArray(entries) && entries.length === count && entries.every(text)) return;
  throw new SnaError('corrupt', `bad_metadata: names of ${what} are missing or not text; export the model again`, 'bad_metadata');
}

/** {axes, raw, formulas, outputs, n_residuals, least_p, metadata, certificate, features, signed}: `axes` are the
 * coordinates of the model, `raw` readings that formulas alone take; formulas [{axis, formula, constant, terms}]. */
export function readFile(bytes) {
  const metadata = sectionObject(bytes, 'metadata');
  const head = new DataView(bytes.buffer, bytes.byteOffset, 64);
  const nAxes = head.getUint16(22, true);
  const nOutputs = head.getUint16(24, true);
  checkNames(metadata.axes, nAxes, 'inputs');
  checkNames(metadata.outputs, nOutputs, 'outputs');
  const signature = sectionView(bytes, 'signature');
  const calibration = sectionView(bytes, 'calibration');
  return {
    metadata,
    certificate: sectionView(bytes, 'certificate').byteLength ? sectionObject(bytes, 'certificate') : {},
    features: head.getUint32(12, true),
    signed: new Uint8Array(signature.buffer, signature.byteOffset, 64).some((b) => b !== 0),
    nResiduals: calibration.byteLength ? calibration.getUint32(0, true) : 0,
    leastP: calibration.byteLength ? calibration.getFloat64(8, true) : 0,
    axes: readAxes(sectionView(bytes, 'axes'), metadata.axes),
    outputs: readOutputs(sectionView(bytes, 'outputs'), metadata.outputs),
    ...readReadings(sectionView(bytes, 'readings'), nAxes, metadata.raw_inputs ?? []),
  };
}

function readAxes(view, names) {
  return names.map(([name, unit, levels], d) => {
    const at = 80 * d;
    const kind = view.getUint8(at + 24);
    const axis = { name, unit, lower: view.getFloat64(at, true), upper: view.getFloat64(at + 8, true) };
    if (kind === 1) axis.periodic = true;
    const spans = view.getUint32(at + 28, true);
    axis.spans = spans;
    axis.degree = view.getUint8(at + 25);
    if (kind !== SNA_CATEGORICAL) return axis;
    if (!Array.isArray(levels) || levels.length !== spans || !levels.every((l) => typeof l === 'string')) {
      throw new SnaError('corrupt', `bad_metadata: levels of input '${name}' are missing or not text; export the model again`, 'bad_metadata');
    }
    return { ...axis, levels };
  });
}

/** lower and upper: the range of the output over the domain, as sampled by who wrote the file. */
function readOutputs(view, names) {
  return names.map(([name, unit], k) => {
    const at = 80 * k;
    const level = view.getFloat64(at + 40, true);
    return {
      name,
      unit,
      lower: view.getFloat64(at + 48, true),
      upper: view.getFloat64(at + 56, true),
      link: SNA_LINKS[view.getUint8(at + 68)],
      level: level > 0 ? level : null,
    };
  });
}

function readReadings(view, nAxes, names) {
  if (!view.byteLength) return { raw: [], formulas: [], tolerance: [] };
  const [nRaw, nDerived] = [view.getUint16(0, true), view.getUint16(2, true)];
  checkNames(names, nRaw, 'raw readings');
  const tolerance = Array.from({ length: nAxes }, (_, d) => view.getFloat64(8 + 8 * d, true));
  let at = 8 + 8 * nAxes;
  const raw = names.map(([name, unit], i) => {
    return { name, unit, lower: view.getFloat64(at + 16 * i, true), upper: view.getFloat64(at + 16 * i + 8, true) };
  });
  at += 16 * nRaw;
  let term = at + 16 * nDerived;
  const formulas = Array.from({ length: nDerived }, (_, i) => {
    const record = at + 16 * i;
    const terms = Array.from({ length: view.getUint8(record + 3) }, () => {
      const here = term;
      term += 16;
      return { kind: view.getUint8(here), index: view.getUint16(here + 2, true), number: view.getFloat64(here + 8, true) };
    });
    return { axis: view.getUint16(record, true), formula: view.getUint8(record + 2), constant: view.getFloat64(record + 8, true), terms };
  });
  return { raw, formulas, tolerance };
}

/** The number that a text with a decimal point is, else NaN. */
const decimalNumber = (t) => (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(t.trim()) ? Number(t) : NaN);

/** The index of the level that a value means: of its text, else of the one level that is the same number. */
export function levelIndex(input, value) {
  const text = String(value).trim();
  const exact = input.levels.findIndex((l) => l === value || l.trim() === text);
  if (exact >= 0) return exact;
  const number = typeof value === 'boolean' ? NaN : decimalNumber(text);
  const equal = input.levels.map((_, i) => i).filter((i) => decimalNumber(input.levels[i]) === number);
  if (equal.length === 1) return equal[0];
  throw new SnaError('out_of_domain', `${input.name} has no level ${text}; the levels are ${input.levels.join(', ')}`);
}

/** The number that a reading means. */
export function readingOf(input, value) {
  const number = typeof value === 'string' ? decimalNumber(value) : typeof value === 'number' ? value : NaN; // null is no 0
  if (Number.isFinite(number)) return number;
  throw new SnaError('bad_input', `${input.name} = ${value} is no number; give one between ${input.lower} and ${input.upper}`);
}
