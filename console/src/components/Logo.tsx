/* `isPlain`: for people who have no studio to go to. */
export function Logo({ isPlain = false }: { isPlain?: boolean }) {
  const mark = (
    <>
      <svg viewBox="0 0 18 18" aria-hidden="true">
        <path fill="var(--v1)" d="M4 0h4v18H4a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4z" />
        <path fill="var(--v3)" d="M10 0h4a4 4 0 0 1 4 4v10a4 4 0 0 1-4 4h-4z" />
      </svg>
      <span className="words">Crosscut</span>
    </>
  );
  if (isPlain) return <span className="logo">{mark}</span>;
  return (
    <a className="logo" href="#/" aria-label="Crosscut, to the studio">
      {mark}
    </a>
  );
}
