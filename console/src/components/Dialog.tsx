import { type ReactNode, useEffect, useId, useRef } from "react";

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
  foot?: ReactNode;
  isDrawer?: boolean;
}

/* The browser's own dialog: it keeps the focus, Escape closes it, the rest of the page is inert. What
 * carries data-first gets the focus. */
export function Dialog({ title, onClose, children, foot, isDrawer }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const element = dialog.current;
    if (element && !element.open) element.showModal();
    element?.querySelector<HTMLElement>("[data-first]")?.focus();
    return () => element?.close();
  }, []);
  return (
    <dialog ref={dialog} className={isDrawer ? "drawer" : undefined} aria-labelledby={heading} onClose={onClose}>
      <div className="top">
        <h2 id={heading}>{title}</h2>
        <button type="button" className="plain icon end" onClick={onClose} aria-label="Close">
          ✕
        </button>
      </div>
      {children}
      {foot && <div className="foot">{foot}</div>}
    </dialog>
  );
}
