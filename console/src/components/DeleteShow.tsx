import { type ReactNode, useState } from "react";
import { useApi } from "../hooks/use-api";
import { Dialog } from "./Dialog";
import { messageOf } from "./words";

interface AskProps {
  button: { text: string; label?: string; className?: string; isDisabled?: boolean };
  title: string;
  answer: string; /* that goes on with it */
  children: ReactNode;
  remove: () => Promise<unknown>;
  onDeleted: () => void;
}

/* Nothing is deleted by one press. */
function AskDelete({ button, title, answer, children, remove, onDeleted }: AskProps) {
  const [isAsking, setAsking] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const goOn = () => {
    setAsking(false);
    remove().then(onDeleted, (error: unknown) => setTrouble(messageOf(error)));
  };
  return (
    <>
      <button type="button" className={button.className} aria-label={button.label} disabled={button.isDisabled} onClick={() => setAsking(true)}>
        {button.text}
      </button>
      {trouble && (
        <span className="small warn" role="alert">
          {trouble}
        </span>
      )}
      {isAsking && (
        <Dialog
          title={title}
          onClose={() => setAsking(false)}
          foot={
            <>
              <button type="button" className="main" onClick={() => setAsking(false)}>
                Keep it
              </button>
              <button type="button" onClick={goOn}>
                {answer}
              </button>
            </>
          }
        >
          <p>{children}</p>
        </Dialog>
      )}
    </>
  );
}

interface Props {
  id: string;
  name: string;
  isDisabled: boolean;
  onDeleted: () => void;
}

export function DeleteShow({ id, name, isDisabled, onDeleted }: Props) {
  const api = useApi();
  return (
    <AskDelete button={{ text: "Delete", isDisabled }} title={`Delete “${name}”?`} answer="Delete" remove={() => api.remove(id)} onDeleted={onDeleted}>
      It goes to the trash with all of its files. For some days it can be brought back; then it is gone.
    </AskDelete>
  );
}

/* Of a cut no trash is kept: it can be rendered again. */
export function DeleteCut({ id, cut, onDeleted }: { id: string; cut: string; onDeleted: () => void }) {
  const api = useApi();
  const button = { text: "Delete this cut", label: `Delete cut ${cut}`, className: "plain quiet" };
  return (
    <AskDelete button={button} title={`Delete cut “${cut}”?`} answer="Delete the cut" remove={() => api.removeCut(id, cut)} onDeleted={onDeleted}>
      Its program, highlights and timelines are gone at once. The show and its recordings stay, and it can be rendered again.
    </AskDelete>
  );
}
