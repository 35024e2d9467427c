// Roots, level sets, nearest settings and integer answers in node, as JSON: node search.mjs SNA_JS SNA_WASM MODEL ASKED.json
import fs from 'node:fs';
const [face, wasm, model, asked] = process.argv.slice(2);
const { open } = await import(face);
const { rows, targets, counts } = JSON.parse(fs.readFileSync(asked));
const m = await open(new Uint8Array(fs.readFileSync(model)), new Uint8Array(fs.readFileSync(wasm)));
const roots = rows.map((x, i) => m.inputs.map((input, d) => {
  const found = m.roots(x, input.name, 0, targets[i]);
  return { found, status: m.status, nearest: Number.isNaN(m.nearest) ? null : m.nearest };
}));
const plain = (s) => s && { x: [...s.x], value: [...s.value], status: s.status, p: s.p };
const set = m.levelSet(0, targets[0], { count: 6 }).map(plain);
const inside = m.levelSet(0, [Math.min(...targets), Math.max(...targets)], { count: 6, free: [0, 1], x: rows[0] }).map(plain);
const near = plain(m.nearestSetting(rows[1], 0, targets[0]));
const integers = counts && counts.map((c) => { const y = m.integers(c); return y && [y.status, ...y.raw]; });
const refused = counts && [counts[0].slice(1), [0.5, ...counts[0].slice(1)], [2 ** 40, ...counts[0].slice(1)]].map((c) => {
  try { return m.integers(c); } catch (error) { return error.status; }
});
const flat = Float64Array.from(rows.flat());
const room = m.rows(rows.length);
room.set(flat);
const same = m.values(room, rows.length).every((v, i) => Object.is(v, m.values(flat, rows.length)[i]));
console.log(JSON.stringify({ inputs: m.inputs, outputs: m.outputs, roots, set, inside, near, integers, refused, same }));
