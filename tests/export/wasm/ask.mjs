// Answers of one model in node, as JSON: node ask.mjs SNA_JS SNA_WASM MODEL ROWS.json [LEVEL]
import fs from 'node:fs';
const [face, wasm, model, rows, level] = process.argv.slice(2);
const { open } = await import(face);
const x = JSON.parse(fs.readFileSync(rows));
const m = await open(new Uint8Array(fs.readFileSync(model)), new Uint8Array(fs.readFileSync(wasm)));
const at = level === undefined ? undefined : Number(level);
const plain = (v) => Array.from(v ?? [], (n) => (Number.isNaN(n) ? 'nan' : n));
const one = x.map((row) => {
  const value = plain(m.value(row));
  const status = m.status;
  const gradient = plain(m.gradient(row).gradient);
  const interval = m.interval(row, at);
  const familiarity = m.familiarity(row);
  return { value, status, gradient, lower: plain(interval.lower), upper: plain(interval.upper), answered: plain(interval.value), told: interval.status, p: familiarity && plain([familiarity.p])[0], familiar: familiarity?.status };
});
const flat = Float64Array.from(x.flat());
const values = plain(m.values(flat, x.length));
const statuses = m.statuses;
const intervals = m.intervals(flat, x.length, at);
const told = m.statuses;
const p = m.familiarities(flat, x.length);
console.log(JSON.stringify({
  inputs: m.inputs, outputs: m.outputs, level: m.level, signed: m.signed, leastP: m.leastP, one, values, statuses, told,
  lower: plain(intervals.lower), upper: plain(intervals.upper), p: p && plain(p),
}));
