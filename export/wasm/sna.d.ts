/** Types of sna.js: queries of a .sna model through the C library as WebAssembly. */

export type StatusName =
  | 'ok' | 'several' | 'tangent' | 'extrapolated' | 'edge' | 'unfamiliar'
  | 'out_of_domain' | 'bad_input' | 'unreachable' | 'not_converged' | 'deadline'
  | 'not_verified' | 'corrupt' | 'unsupported' | 'no_space';

export class SnaError extends Error {
  readonly status: StatusName;
  /** The broken rule of FORMAT.md section 12, '' for none. */
  readonly rule: string;
}

export interface Input {
  name: string;
  unit: string;
  lower: number;
  upper: number;
  /** Names of the levels: x is then 0, 1, .. */
  levels?: string[];
  periodic?: true;
  /** How far outside a reading still counts as the border. */
  tolerance?: number;
  /** A reading that only formulas take. */
  raw?: true;
  /** Its place among the coordinates of the model; raw readings have none. */
  axis?: number;
  /** Pieces of its functions and their degree; raw readings have none. */
  spans?: number;
  degree?: number;
}

export interface Output {
  name: string;
  unit: string;
  /** Range over the domain, as sampled by who wrote the file. */
  lower: number;
  upper: number;
  link: 'identity' | 'exp' | 'logistic';
  /** Level of the interval without a level asked for; null: it has none. */
  level: number | null;
}

export interface Answer {
  value: Float64Array;
  lower: Float64Array;
  upper: Float64Array;
  status: StatusName;
}

export interface Setting extends Answer {
  x: Float64Array;
  p: number | null;
}

export interface SearchOptions {
  /** How many settings (8). */
  count?: number;
  /** Inputs that may move, by place or name (all). */
  free?: (number | string)[];
  /** [low, high] per input (the domain). */
  within?: [number, number][];
  /** Values of the inputs that do not move (the middle). */
  x?: ArrayLike<number>;
  /** [low, high] per output that must hold as well; null for none. */
  limits?: ([number | null, number | null] | null)[];
  /** Longest time (1000). */
  milliseconds?: number;
}

/** A value, or [low, high]; null for an open end. */
type Target = number | [number | null, number | null];

export class Model {
  private constructor();
  readonly inputs: Input[];
  readonly axes: Input[];
  readonly outputs: Output[];
  /** Level of the interval of the first output; null where it has none. */
  readonly level: number | null;
  /** Status of the last single query. */
  readonly status: StatusName;
  /** Statuses of the rows of the last batch. */
  readonly statuses: StatusName[];
  /** Of the last `roots`: the reachable value closest to the target. */
  readonly nearest: number;
  readonly tellsFamiliarity: boolean;
  /** A p at or below it is unfamiliar. */
  readonly leastP: number;
  /** Rows behind the intervals at a level. */
  readonly nResiduals: number;
  readonly signed: boolean;
  readonly classes: { target: string; kind: string; labels: string[]; outputs: string[]; threshold?: number }[];
  readonly metadata: Record<string, unknown>;
  readonly certificate: Record<string, unknown>;

  setting(values: Record<string, number | string | boolean>): Float64Array;
  inputIndex(input: number | string): number;
  coordinates(x: ArrayLike<number>): Float64Array;

  value(x: ArrayLike<number>, extrapolate?: boolean): Float64Array;
  gradient(x: ArrayLike<number>, extrapolate?: boolean): { value: Float64Array; gradient: Float64Array };
  interval(x: ArrayLike<number>, level?: number | null): Answer;
  familiarity(x: ArrayLike<number>): { p: number; status: StatusName } | null;

  rows(count: number): Float64Array;
  values(x: ArrayLike<number>, rows: number, extrapolate?: boolean): Float64Array;
  grid(x: ArrayLike<number>, a: number | string, b: number | string, across: ArrayLike<number>, up: ArrayLike<number>, extrapolate?: boolean): Float64Array;
  intervals(x: ArrayLike<number>, rows: number, level?: number | null): Omit<Answer, 'status'>;
  familiarities(x: ArrayLike<number>, rows: number): Float64Array | null;

  roots(x: ArrayLike<number>, input: number | string, output: number | string, target: number): number[];
  levelSet(output: number | string, target: Target, options?: SearchOptions): Setting[];
  nearestSetting(x: ArrayLike<number>, output: number | string, target: Target, options?: SearchOptions): Setting | null;

  integers(counts: ArrayLike<number>): { raw: Int32Array; value: Float64Array; status: StatusName } | null;
}

export function open(
  bytes: Uint8Array | ArrayBuffer,
  wasm: BufferSource | WebAssembly.Module | Response | Promise<BufferSource | WebAssembly.Module | Response>,
): Promise<Model>;
