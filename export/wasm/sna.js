// sna.js - queries of a .sna model through the C library (sna.wasm). SPDX-License-Identifier: Apache-2.0
//
//     import { open } from './sna.js';
//     const model = await open(bytesOfTheModel, bytesOfSnaWasm);
//     const y = model.value([300, 0.5]);                  // Float64Array, NaN where there is no value
//     const { value, lower, upper, status } = model.interval([300, 0.5]);
//
// Inputs (model.inputs, in this order) are those that no formula computes, then the raw readings that formulas take.
// x[i] is a number in the unit of the input, or the index 0, 1, .. of a level; model.setting({name: value}) makes x of
// names and of levels as they are written. Statuses are words, the same as in Python. Files of one module, in the
// order in which they can be put one behind the other: sna_file.js, sna_formulas.js, sna_inverse.js, sna.js.

import { levelIndex, readFile, readingOf, shortCopy, sna_checkNumber, sna_module, sna_numbers, SnaError } from './sna_file.js';
import { formulaSlopes, preparedFormula } from './sna_formulas.js';
import { nearestWith, scannedRoots, settingsWith } from './sna_inverse.js';

const SNA_USUAL_LEVEL = 0.9; // of outputs that have no interval of their own, as in Python
const SNA_FACE = ['asked', 'value', 'slopes', 'lower', 'upper', 'share', 'coordinates', 'counts', 'integers'];
const [SNA_LEVELS, SNA_RAW] = [-1, -2]; // in place of an axis: inputs without slopes of their own
const SNA_GRID_PLACE = 120; // bytes that the library needs for each place along an input

/** The model in `bytes` (Uint8Array or ArrayBuffer of an .sna file). `wasm`: the bytes of sna.wasm, a
 * WebAssembly.Module, a Response, or a promise of one of them. Every rule of the file is checked and its golden
 * vectors are replayed. Throws SnaError with `status` and `rule`. */
export async function open(bytes, wasm) {
  const file = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes;
  if (!(file instanceof Uint8Array)) throw new SnaError('bad_input', 'the model is no Uint8Array; give the bytes of an .sna file');
  const library = await WebAssembly.instantiate(await sna_module(await wasm), {});
  if (!library.exports.room) throw new SnaError('bad_input', 'this WebAssembly is not sna.wasm; take the file beside sna.js');
  return new Model(file, library.exports);
}

/** One open model. It is made by `open`; nothing has to be closed: it holds memory as long as it is used. */
export class Model {
  #c; #face; #memory; #asked; #value; #slopes; #low; #high; #coordinates; #names; #formulas; #by; #places; #kept; #integers;
  #status = 0;

  constructor(file, library) {
    this.#c = library;
    this.#load(file);
    const told = readFile(file);
    this.#describe(told);
    this.#views();
    this.tellsFamiliarity = this.#face[10] !== 0;
  }

  #load(file) {
    const place = this.#c.room(file.length);
    if (!place) throw new SnaError('no_space', `there is no memory for a model of ${file.length} bytes; close other pages`);
    new Uint8Array(this.#c.memory.buffer, place, file.length).set(file);
    let status;
    try {
      status = this.#c.open(file.length);
    } catch (error) {
      throw new SnaError('corrupt', `the file makes the library stop (${error.message}); export the model again`);
    }
    this.#names = new Array(32);
    if (status !== 0) this.#refuse(status);
  }

  #refuse(status) {
    const rule = this.#text(this.#c.rule_name(new Uint32Array(this.#c.memory.buffer, this.#c.face(), 12)[11]));
    const why = rule ? `${rule}: ` : '';
    const next = rule.startsWith('unsupported_') ? 'take sna.wasm of a newer version' : 'copy the file again or export the model again';
    throw new SnaError(this.#word(status), `${why}this is no .sna file that can be read here; ${next}`, rule);
  }

  #describe(told) {
    const taken = new Map(told.formulas.map((f) => [f.axis, f]));
    const axes = told.axes.map((a, d) => (told.tolerance[d] > 0 ? { ...a, tolerance: told.tolerance[d] } : a));
    const inputs = axes.map((a, axis) => ({ ...a, axis })).filter((a) => !taken.has(a.axis));
    this.inputs = [...inputs, ...told.raw.map((r) => ({ ...r, raw: true }))];
    this.axes = axes;
    this.outputs = told.outputs;
    const place = (t) => (t.kind === 1 ? inputs.length + t.index : inputs.findIndex((i) => i.axis === t.index));
    this.#formulas = told.formulas.map((f) => preparedFormula(f, place));
    this.#by = new Float64Array(this.inputs.length);
    this.#places = Int32Array.from(this.inputs, (i) => (i.levels ? SNA_LEVELS : i.raw ? SNA_RAW : i.axis));
    this.metadata = told.metadata;
    this.certificate = told.certificate;
    this.classes = told.metadata.classes ?? [];
    this.signed = told.signed;
    this.leastP = told.leastP;
    this.nearest = NaN;
    this.nResiduals = told.nResiduals;
    const usual = told.nResiduals && 0.05 * (told.nResiduals + 1) >= 1 - 2 ** -12 ? SNA_USUAL_LEVEL : null;
    for (const output of this.outputs) output.level ??= usual;
    this.level = this.outputs[0].level;
  }

  /** Views on the memory of the library: made anew where it has grown. */
  #views() {
    const memory = this.#c.memory.buffer;
    if (this.#memory === memory) return;
    const at = new Uint32Array(memory, this.#c.face(), 12);
    const floats = (i, n) => new Float64Array(memory, at[i], n);
    const [k, d] = [this.outputs.length, this.axes.length];
    this.#memory = memory;
    this.#face = at;
    this.#asked = floats(0, this.inputs.length);
    this.#value = floats(1, k);
    this.#slopes = floats(2, k * d);
    this.#low = floats(3, k);
    this.#high = floats(4, k);
    this.#coordinates = floats(6, d);
  }

  #text(place) {
    const bytes = new Uint8Array(this.#c.memory.buffer, place);
    let text = '';
    for (let i = 0; bytes[i]; i++) text += String.fromCharCode(bytes[i]);
    return text;
  }

  #word(status) {
    return (this.#names[status + 16] ??= this.#text(this.#c.status_name(status)));
  }

  #ask(x) {
    const asked = this.#asked;
    const n = asked.length;
    if (x.length !== n) this.#misfit(x);
    for (let i = 0; i < n; i++) asked[i] = x[i] ?? NaN; // null, a missing number in JSON, is no 0
  }

  #misfit(x) {
    throw new SnaError('bad_input', `a setting has ${x.length} numbers and the model ${this.#asked.length} inputs; give ${this.inputs.map((i) => i.name).join(', ')}`);
  }

  /** Status of the last single query: 'ok', 'edge', 'extrapolated', 'unfamiliar', 'out_of_domain', 'bad_input', .. */
  get status() {
    return this.#word(this.#status);
  }

  /** y [outputs]; NaN where there is no value. `extrapolate`: outside the domain the model continues linearly. */
  value(x, extrapolate = false) {
    this.#ask(x);
    this.#status = this.#c.value(extrapolate ? 1 : 0);
    return shortCopy(this.#value);
  }

  /** {value [outputs], gradient [outputs * inputs]}: dy_k/dx_d; NaN along inputs with levels. */
  gradient(x, extrapolate = false) {
    this.#ask(x);
    this.#status = this.#c.gradient(extrapolate ? 1 : 0);
    return { value: shortCopy(this.#value), gradient: this.#byInputs(x) };
  }

  /** Slopes [outputs * inputs] by what is asked: those by the coordinates, and through the formulas. */
  #byInputs(x) {
    const [n, d, k] = [this.inputs.length, this.axes.length, this.outputs.length];
    const [found, slopes, places] = [new Float64Array(k * n), this.#slopes, this.#places];
    for (let o = 0; o < k; o++) {
      for (let i = 0; i < n; i++) {
        const at = places[i];
        found[o * n + i] = at >= 0 ? slopes[o * d + at] : at === SNA_RAW ? 0 : NaN;
      }
    }
    for (const formula of this.#formulas) this.#through(formula, x, found);
    return found;
  }

  #through(formula, x, found) {
    const [n, d, by, slopes] = [this.inputs.length, this.axes.length, this.#by, this.#slopes];
    formulaSlopes(formula, x, this.#coordinates[formula.axis], by);
    for (const i of formula.reads) {
      if (by[i] === 0) continue;
      for (let o = 0; o < this.outputs.length; o++) found[o * n + i] += slopes[o * d + formula.axis] * by[i];
    }
  }

  /** {value, lower, upper [outputs], status}: the interval of the file, else that at 90 %, or one at `level`; NaN where
   * the model has none. The status says `unfamiliar` where the inputs are. Throws SnaError for a level that the
   * calibration rows do not support. */
  interval(x, level) {
    this.#ask(x);
    this.#status = this.#c.interval(0, this.#supported(level));
    return { value: shortCopy(this.#value), lower: shortCopy(this.#low), upper: shortCopy(this.#high), status: this.status };
  }

  #supported(level) {
    if (level === undefined || level === null) return 0;
    const rows = this.nResiduals;
    if (!rows) throw new SnaError('unsupported', 'this model has no quantiles of residuals, so no interval at a level of your choice; leave the level out');
    const share = (1 - level) / 2;
    if (!(level > 0 && level < 1)) throw new SnaError('bad_input', `level ${level} must lie between 0 and 1; give 0.9 for 90 %`);
    const most = Math.min(1 - 2 / (rows + 1), 1 - 2 / (1 + Math.exp(8)));
    if (share < 1 / (1 + Math.exp(8)) || share * (rows + 1) < 1 - 2 ** -12) {
      throw new SnaError('bad_input', `level ${level} is more than ${rows} calibration rows support; give at most ${Math.floor(1e4 * most) / 1e4}`);
    }
    return level;
  }

  /** {p, status}: the share of training rows that were as unfamiliar as x or more; null where the model does not say. */
  familiarity(x) {
    if (!this.tellsFamiliarity) return null;
    this.#ask(x);
    this.#status = this.#c.familiarity();
    return { p: new Float64Array(this.#memory, this.#face[5], 1)[0], status: this.status };
  }

  /** Room for rows [rows * inputs] in the memory of the library: what is written there is not copied by the next batch,
   * values(X, rows) and its like, and lasts until then. */
  rows(count) {
    if (!Number.isInteger(count) || count < 0) throw new SnaError('bad_input', `${count} is no number of rows; give 0, 1, ..`);
    return this.#room(count, 3 * this.outputs.length).x;
  }

  #room(rows, perRow) {
    const [n, k] = [this.inputs.length, this.outputs.length];
    const place = this.#reserve(8 * rows * (n + perRow) + rows, `${rows} rows`);
    const floats = (from, count) => new Float64Array(this.#memory, place + 8 * rows * from, rows * count);
    const status = new Int8Array(this.#memory, place + 8 * rows * (n + perRow), rows);
    return { place, x: floats(0, n), out: (i) => floats(n + i * k, k), one: () => floats(n, 1), at: (i) => place + 8 * rows * (n + i * k), status };
  }

  #reserve(size, what) {
    const place = size < 2 ** 32 ? this.#c.room(size) : 0;
    if (!place) throw new SnaError('no_space', `there is no memory for ${what}; ask for fewer at once`);
    this.#views();
    return place;
  }

  #batch(x, rows, perRow) {
    if (!Number.isInteger(rows) || rows < 0 || x.length < rows * this.inputs.length) {
      throw new SnaError('bad_input', `${x.length} numbers are no ${rows} rows of ${this.inputs.length} inputs; give X row by row`);
    }
    const inside = x.buffer === this.#memory; // the memory may grow below, and what stands in it stays
    const from = x.byteOffset;
    const room = this.#room(rows, perRow);
    if (inside && from !== room.place) throw new SnaError('bad_input', 'these rows stand elsewhere in the memory of the library; write them to rows(count)');
    if (!inside) room.x.set(x.length === room.x.length && x.subarray ? x : sna_numbers(x, room.x.length));
    return room;
  }

  /** The place of an input given by its place or name. */
  inputIndex(input) {
    const at = typeof input === 'number' ? input : this.inputs.findIndex((i) => i.name === input);
    if (Number.isInteger(at) && at >= 0 && at < this.inputs.length) return at;
    throw new SnaError('bad_input', `there is no input ${input}; the model has ${this.inputs.map((i) => i.name).join(', ')}`);
  }

  #outputIndex(output) {
    const at = typeof output === 'number' ? output : this.outputs.findIndex((o) => o.name === output);
    if (Number.isInteger(at) && at >= 0 && at < this.outputs.length) return at;
    throw new SnaError('bad_input', `there is no output ${output}; the model has ${this.outputs.map((o) => o.name).join(', ')}`);
  }

  /** x of {name: value}: numbers (a text with a decimal point as well), levels as they are written. */
  setting(values = {}) {
    const unknown = Object.keys(values).find((name) => !this.inputs.some((i) => i.name === name));
    if (unknown !== undefined) this.inputIndex(unknown);
    return Float64Array.from(this.inputs, (input) => {
      if (!(input.name in values)) throw new SnaError('bad_input', `input ${input.name} is missing; give all of ${this.inputs.map((i) => i.name).join(', ')}`);
      return input.levels ? levelIndex(input, values[input.name]) : readingOf(input, values[input.name]);
    });
  }

  /** Coordinates [axes] of the model at x: what formulas compute among them; NaN where one has no value. */
  coordinates(x) {
    this.#ask(x);
    this.#status = this.#c.place();
    const found = this.#coordinates.slice();
    return this.#status < 0 ? found.fill(NaN) : found;
  }

  /** All values of `input` (place or name) at which `output` is `target`, the others as in x, increasing; of a stretch
   * on which it is, both ends. Status: ok (one), several, tangent, unreachable (then `nearest` is the reachable value
   * closest to the target), out_of_domain. */
  roots(x, input, output, target) {
    const [at, k] = [this.inputIndex(input), this.#outputIndex(output)];
    sna_checkNumber(target);
    const { axis } = this.inputs[at];
    const taken = this.inputs[at].raw || this.#formulas.some((f) => f.terms.some((t) => t.kind === 0 && t.index === axis));
    if (taken) return this.#scanned(x, at, k, target);
    const { spans, degree, periodic } = this.axes[axis];
    const most = spans * (degree + 2) + 2;
    const place = this.#reserve(16 * most, `${most} roots`);
    this.#ask(x);
    this.#status = this.#c.roots(axis, k, target, place, most);
    this.nearest = this.#value[0];
    const count = this.#status < 0 ? 0 : new Int32Array(this.#memory, this.#face[7], 1)[0];
    const ends = new Float64Array(this.#memory, place, 2 * count);
    const found = [];
    for (let i = 0; i < count; i++) found.push(ends[2 * i], ...(ends[2 * i + 1] > ends[2 * i] ? [ends[2 * i + 1]] : []));
    const { lower, upper } = this.inputs[at];
    if (periodic && found.length > 1 && found[0] === lower && found[found.length - 1] === upper) found.pop();
    return found;
  }

  #scanned(x, input, output, target) {
    const { found, nearest } = scannedRoots(this, x, input, output, target);
    const here = this.value(x);
    this.nearest = nearest;
    if (here.every(Number.isFinite) || found.length) this.#status = found.length > 1 ? 1 : found.length ? 0 : -3;
    return found;
  }

  /** At most `count` (8) different settings at which `output` is `target`, or inside [low, high]: {x, value, lower,
   * upper, status, p}, those that data cover first. Options: free (inputs, all), within ([low, high] per input), x (of
   * inputs that are not free), limits ([low, high] per output, null for none), milliseconds (1000). */
  levelSet(output, target, options = {}) {
    return settingsWith(this, this.#goals(output, target, options.limits), options);
  }

  /** The setting nearest to x, in units of the ranges, at which `output` is `target` or inside [low, high]; null where
   * none was found. Options as `levelSet` has them. */
  nearestSetting(x, output, target, options = {}) {
    this.#ask(x);
    this.#asked.forEach(sna_checkNumber);
    return nearestWith(this, this.#goals(output, target, options.limits), x, options);
  }

  #goals(output, target, limits = []) {
    if (!Array.isArray(target)) sna_checkNumber(target);
    if (!Array.isArray(limits)) throw new SnaError('bad_input', 'limits are no list; give [low, high] of each output, null for none');
    const goal = (name, ends) => {
      const [low, high] = [ends[0] ?? -Infinity, ends[1] ?? Infinity];
      if (!(low <= high)) throw new SnaError('bad_input', `no value lies between ${low} and ${high}; give the lower limit first`);
      return { output: this.#outputIndex(name), low, high };
    };
    const others = limits.map((ends, k) => ends && goal(k, ends));
    return [goal(output, Array.isArray(target) ? target : [target, target]), ...others.filter(Boolean)];
  }

  /** {raw: Int32Array [outputs], value, status} of sensor counts [axes] on the integer path, equal to the bit on every
   * machine: value = raw 2^-exponent. null where the model has no integer path. */
  integers(counts) {
    this.#integers ??= this.#c.fixed_open() === 0;
    if (!this.#integers) return null;
    if (counts.length !== this.axes.length) throw new SnaError('bad_input', `${counts.length} counts are given and the model has ${this.axes.length} coordinates; give one of each of model.axes`);
    for (const count of counts) {
      if (count !== (count | 0)) throw new SnaError('bad_input', `${count} is no count; give whole numbers of 32 bits`);
    }
    new Int32Array(this.#memory, this.#face[7], this.axes.length).set(counts);
    this.#status = this.#c.fixed_value();
    const raw = new Int32Array(this.#memory, this.#face[8], this.outputs.length).slice();
    const value = Float64Array.from(raw, (v, k) => (this.#status < 0 ? NaN : v * 2 ** -this.#c.fixed_exponent(k)));
    return { raw, value, status: this.status };
  }

  #statuses(room) {
    this.#kept = room.status.slice();
  }

  /** Status words of the rows of the last batch. */
  get statuses() {
    return Array.from(this.#kept ?? [], (s) => this.#word(s));
  }

  /** y [rows * outputs] of X [rows * inputs], row by row; NaN where there is no value. */
  values(x, rows, extrapolate = false) {
    const room = this.#batch(x, rows, this.outputs.length);
    this.#c.values(extrapolate ? 1 : 0, rows, room.place, room.at(0), room.status.byteOffset);
    this.#statuses(room);
    return room.out(0).slice();
  }

  /** y [up.length * across.length * outputs] on a grid of inputs `a` (places across, running fastest) and `b` (places
   * up), the others as in x: as `values` of all its rows, in a fraction of their time. */
  grid(x, a, b, across, up, extrapolate = false) {
    const [i, j, n, k] = [this.inputIndex(a), this.inputIndex(b), across.length + up.length, this.outputs.length];
    if (i === j) throw new SnaError('bad_input', `a grid needs two inputs; ${this.inputs[i].name} is given twice`);
    const nodes = across.length * up.length;
    const place = this.#reserve((SNA_GRID_PLACE + 8) * n + (8 * k + 1) * nodes, `${nodes} nodes`) + SNA_GRID_PLACE * n;
    this.#ask(x);
    const along = new Float64Array(this.#memory, place, n);
    along.set(sna_numbers(across, across.length));
    along.set(sna_numbers(up, up.length), across.length);
    this.#c.grid(extrapolate ? 1 : 0, i, j, across.length, up.length);
    this.#kept = new Int8Array(this.#memory, place + 8 * (n + k * nodes), nodes).slice();
    return new Float64Array(this.#memory, place + 8 * n, k * nodes).slice();
  }

  /** {value, lower, upper} [rows * outputs] each, as `interval` has them. */
  intervals(x, rows, level) {
    const asked = this.#supported(level);
    const room = this.#batch(x, rows, 3 * this.outputs.length);
    this.#c.intervals(0, asked, rows, room.place, room.at(0), room.at(1), room.at(2), room.status.byteOffset);
    this.#statuses(room);
    return { value: room.out(0).slice(), lower: room.out(1).slice(), upper: room.out(2).slice() };
  }

  /** p [rows], NaN where there is none; null where the model does not say. */
  familiarities(x, rows) {
    if (!this.tellsFamiliarity) return null;
    const room = this.#batch(x, rows, 1);
    this.#c.familiarities(rows, room.place, room.at(0), room.status.byteOffset);
    this.#statuses(room);
    return room.one().slice();
  }
}

export { SnaError };
