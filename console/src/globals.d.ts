/* What the build puts in: see vite.config.ts. */
declare const __TEST__: boolean;

declare module "wasm/director.wasm?url" {
  const url: string;
  export default url;
}
declare module "wasm/speech.wasm?url" {
  const url: string;
  export default url;
}
