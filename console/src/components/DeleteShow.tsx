import { useState } from "react";
import { useApi } from "../hooks/use-api";
import { Dialog } from "./Dialog";
import { messageOf } from "./words";

interface Props {
  id: string;
  name: string;
  isDisabled: boolean;
  onDeleted: () => void;
}

export function DeleteShow({ id, name, isDisabled, onDeleted }: Props) {
  const api = useApi();
  const [isAsking, setAsking] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const remove = () => {
    setAsking(false);
    api.remove(id).then(onDeleted, (error: unknown) => setTrouble(messageOf(error)));
  };
  return (
    <>
      <button type="button" disabled={isDisabled} onClick={() => setAsking(true)}>
        Delete
      </button>
      {trouble && (
        <span className="small warn" role="alert">
          {trouble}
        </span>
      )}
      {isAsking && (
        <Dialog
          title={`Delete “${name}”?`}
          onClose={() => setAsking(false)}
          foot={
            <>
              <button type="button" className="main" onClick={() => setAsking(false)}>
                Keep it
              </button>
              <button type="button" onClick={remove}>
                Delete
              </button>
            </>
          }
        >
          <p>It goes to the trash with all of its files. For some days it can be brought back; then it is gone.</p>
        </Dialog>
      )}
    </>
  );
}

/* Of a cut no trash is kept: it can be rendered again. */
export function DeleteCut({ id, cut, onDeleted }: { id: string; cut: string; onDeleted: () => void }) {
  const api = useApi();
  const [isAsking, setAsking] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const remove = () => {
    setAsking(false);
    api.removeCut(id, cut).then(onDeleted, (error: unknown) => setTrouble(messageOf(error)));
  };
  return (
    <>
      <button type="button" className="plain quiet" aria-label={`Delete cut ${cut}`} onClick={() => setAsking(true)}>
        Delete this cut
      </button>
      {trouble && (
        <span className="warn" role="alert">
          {trouble}
        </span>
      )}
      {isAsking && (
        <Dialog
          title={`Delete cut “${cut}”?`}
          onClose={() => setAsking(false)}
          foot={
            <>
              <button type="button" className="main" onClick={() => setAsking(false)}>
                Keep it
              </button>
              <button type="button" onClick={remove}>
                Delete the cut
              </button>
            </>
          }
        >
          <p>Its program, highlights and timelines are gone at once. The show and its recordings stay, and it can be rendered again.</p>
        </Dialog>
      )}
    </>
  );
}
