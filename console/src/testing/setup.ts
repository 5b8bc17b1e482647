/* Debian's Node 18 has what browsers call `crypto`, but not under that name. */
import { webcrypto } from "node:crypto";

if (globalThis.crypto === undefined) Object.defineProperty(globalThis, "crypto", { value: webcrypto });
