/* What the build puts in: see vite.config.ts. */
declare const __TEST__: boolean;

/* Of ES2023 what browsers of 2022 and Debian's Node have: the rest is not to be used. */
interface ReadonlyArray<T> {
  findLast<S extends T>(is: (value: T, index: number, array: readonly T[]) => value is S): S | undefined;
  findLast(is: (value: T, index: number, array: readonly T[]) => unknown): T | undefined;
  findLastIndex(is: (value: T, index: number, array: readonly T[]) => unknown): number;
}
interface Array<T> {
  findLast<S extends T>(is: (value: T, index: number, array: T[]) => value is S): S | undefined;
  findLast(is: (value: T, index: number, array: T[]) => unknown): T | undefined;
  findLastIndex(is: (value: T, index: number, array: T[]) => unknown): number;
}

declare module "wasm/director.wasm?url" {
  const url: string;
  export default url;
}
declare module "wasm/speech.wasm?url" {
  const url: string;
  export default url;
}
