import { useCallback } from "react";
import type { SessionFile } from "../core/api";
import { type Answer, useAnswer } from "./use-answer";
import { useApi } from "./use-api";

/* What is in a JSON file of a show; null when there is no such file. Asked again when it was made anew. */
export function useFile<T>(id: string, files: readonly SessionFile[] | undefined, name: string, cut: string | null = null): Answer<T | null> {
  const api = useApi();
  const file = files?.find((one) => one.name === name);
  const state = file && `${file.sha256 ?? ""} ${file.bytes ?? ""}`;
  const ask = useCallback(
    (): Promise<T | null> => (state === undefined ? Promise.resolve(null) : api.call<T>("GET", api.fileAddress(id, name, false, cut))),
    [api, id, name, cut, state],
  );
  const [answer] = useAnswer(ask);
  return answer;
}
