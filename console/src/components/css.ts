import type { CSSProperties } from "react";

/* Custom properties for React's style, which sets them through the CSSOM: the page's policy allows
 * no styles in HTML. */
export function vars(properties: Record<`--${string}`, string>): CSSProperties {
  return properties as CSSProperties;
}
