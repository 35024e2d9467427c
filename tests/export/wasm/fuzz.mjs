// Damaged files in node: node --expose-gc fuzz.mjs SNA_JS SNA_WASM ROUNDS MODEL.. Every one is refused by an SnaError with
// one sentence, or opens and answers; nothing else may be thrown. Prints how often each happened, as JSON.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { crc32 } from 'node:zlib';
const [face, wasm, rounds, ...models] = process.argv.slice(2);
const { open, SnaError } = await import(face);
const library = new WebAssembly.Module(fs.readFileSync(wasm));
const count = {};
let seed = 1;
const below = (n) => { seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0; return Math.floor((seed / 2 ** 32) * n); };

async function tried(bytes) {
  let model;
  try {
    model = await open(bytes, library);
  } catch (error) {
    if (!(error instanceof SnaError) || !error.status || /\n/.test(error.message)) throw error;
    count[error.rule || error.message] = (count[error.rule || error.message] ?? 0) + 1;
    return;
  }
  count.open = (count.open ?? 0) + 1;
  const x = Float64Array.from(model.inputs, (i) => (i.levels ? below(i.levels.length) : i.lower + (below(1001) / 1000) * (i.upper - i.lower)));
  model.value(x);
  model.value(x, true);
  model.gradient(x);
  model.interval(x);
  model.familiarity(x);
  model.values(x, 1);
  model.intervals(x, 1);
  model.familiarities(x, 1);
  model.coordinates(x);
  model.integers(Array.from(model.axes, () => below(4096)));
  const y = model.value(x)[0];
  if (Number.isFinite(y)) model.roots(x, 0, 0, y);
}

/** Checksums put right, so that what is damaged is read. */
function sealed(bytes) {
  const view = new DataView(bytes.buffer);
  if (bytes.length < 320) return bytes;
  const [at, end] = [view.getUint32(64 + 16 * 11 + 4, true), view.getUint32(64 + 16 * 12 + 4, true) + 128];
  if (!(at + 64 <= bytes.length && end <= bytes.length)) return bytes;
  const covered = Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
  bytes.set(createHash('sha256').update(covered).digest(), at);
  view.setUint32(at + 32, crc32(covered), true);
  return bytes;
}

for (const name of models) {
  const whole = new Uint8Array(fs.readFileSync(name));
  for (let n = 0; n < whole.length; n += n < 700 ? 1 : 37) await tried(whole.slice(0, n));
  for (let i = 0; i < Number(rounds); i++) {
    const bytes = whole.slice();
    for (let k = 1 + below(3); k--;) {
      const at = below(4) ? below(bytes.length) : below(1400);
      bytes[at] = below(3) ? below(256) : [0, 1, 127, 128, 255][below(5)];
    }
    await tried(sealed(bytes));
    await tried(Uint8Array.from({ length: below(2000) }, () => below(256)));
  }
}
await tried(new Uint8Array(0));

const file = new Uint8Array(fs.readFileSync(models[0]));
const loads = async (n) => { for (let i = 0; i < n; i++) await open(file, library); globalThis.gc(); await new Promise((r) => setTimeout(r, 20)); globalThis.gc(); };
await loads(100);
const before = process.memoryUsage().rss;
await loads(1000);
const grown = process.memoryUsage().rss - before;
const model = await open(file, library);
const rows = new Float64Array(1000 * model.inputs.length);
model.intervals(rows, 1000);
const memory = model.rows(0).buffer.byteLength;
for (let i = 0; i < 300; i++) model.intervals(rows, 1000);
model.values(rows, 10);
console.log(JSON.stringify({ count, grown, batches: model.rows(0).buffer.byteLength - memory }));
