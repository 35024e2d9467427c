// Grids over every pair of inputs of one model beside the rows that they stand for, as JSON:
// node grid.mjs SNA_JS SNA_WASM MODEL
import fs from 'node:fs';
const [face, wasm, file] = process.argv.slice(2);
const { open } = await import(face);
const model = await open(new Uint8Array(fs.readFileSync(file)), new Uint8Array(fs.readFileSync(wasm)));
const plain = (v) => Array.from(v, (n) => (Number.isNaN(n) ? 'nan' : n));
const n = model.inputs.length;
const x = Float64Array.from(model.inputs, (i) => (i.levels ? 0 : 0.4 * i.lower + 0.6 * i.upper));
// from outside the domain to outside, and a place that is no number
const places = ({ levels, lower, upper }, count) => {
  const width = (1.02 * (upper - lower)) / (count - 1);
  return [...Array.from({ length: count }, (_, k) => (levels ? k : lower - 0.01 * (upper - lower) + k * width)), NaN];
};
const found = [];
for (let a = 0; a < n; a++) {
  for (let b = 0; b < n; b++) {
    if (a === b) continue;
    const [across, up] = [places(model.inputs[a], 9), places(model.inputs[b], 5)];
    const rows = up.flatMap((v) => across.map((u) => Object.assign([...x], { [a]: u, [b]: v })));
    for (const extrapolate of [false, true]) {
      const grid = plain(model.grid(x, a, model.inputs[b].name, across, up, extrapolate));
      const statuses = model.statuses;
      const values = plain(model.values(rows.flat(), rows.length, extrapolate));
      found.push({ grid, values, statuses, expected: model.statuses });
    }
  }
}
let refused = '';
try { model.grid(x, 0, 0, [1], [1]); } catch (error) { refused = `${error.status}: ${error.message}`; }
console.log(JSON.stringify({ found, refused, outputs: model.outputs }));
