import { useCallback } from "react";
import { type Api, logInByAddress, type Me } from "../core/api";
import { type Answer, useAnswer } from "./use-answer";

/* Who this browser is to the server: null is nobody yet. Takes the token out of the address. */
export function useMe(api: Api): [Answer<Me | null>, () => void] {
  return useAnswer(useCallback(() => logInByAddress(api, window), [api]));
}
