// Nanoseconds of queries in JavaScript, for wasm_bench.py: measured(open, model, wasm, rows) -> numbers, the least of
// many rounds. The page must be isolated: the clock has steps of 5 us there, and of 100 us elsewhere.
export async function measured(open, file, wasm, rows) {
  const load = await least(async () => { await open(file, wasm.slice()); }, 20);
  const model = await open(file, wasm);
  const x = rows.map((row) => Float64Array.from(row));
  const flat = model.rows(x.length);
  x.forEach((row, i) => flat.set(row, i * row.length));
  let sum = 0;
  const each = async (query) => (await least(() => { for (const row of x) sum += query(row); })) / x.length;
  const found = {
    value: await each((row) => model.value(row)[0]),
    gradient: await each((row) => model.gradient(row).gradient[0]),
    interval: await each((row) => model.interval(row).lower[0]),
    batch: (await least(() => { sum += model.values(flat, x.length)[0]; })) / x.length,
    load,
  };
  return { ...found, sum: Number.isFinite(sum) };
}

const ROUND = 0.5, ROUNDS = 400; // milliseconds

/** Nanoseconds of `work`: the least of many rounds of the same length. */
export async function least(work, rounds = ROUNDS) {
  let best = Infinity, count = 1;
  for (let i = 0; i < rounds;) {
    const start = performance.now();
    for (let k = 0; k < count; k++) await work();
    const took = performance.now() - start;
    if (took < ROUND) count *= 2;
    else i++;
    best = took < ROUND ? best : Math.min(best, took / count);
  }
  return 1e6 * best;
}

if (typeof process === 'object' && process.argv[1]?.endsWith('wasm_bench.mjs')) {
  const { readFileSync } = await import('node:fs');
  const [face, wasm, model, rows] = process.argv.slice(2);
  const { open } = await import(face);
  const bytes = (name) => new Uint8Array(readFileSync(name));
  console.log(JSON.stringify(await measured(open, bytes(model), bytes(wasm), JSON.parse(readFileSync(rows)))));
}
