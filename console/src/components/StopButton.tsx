import { Dialog } from "./Dialog";

interface Props {
  isAsking: boolean;
  setAsking: (isAsking: boolean) => void;
  onStop: () => void;
}

export function StopButton({ isAsking, setAsking, onStop }: Props) {
  return (
    <>
      <button type="button" className="record" onClick={() => setAsking(true)} aria-keyshortcuts="R">
        Stop recording
      </button>
      {isAsking && (
        <Dialog
          title="Stop recording?"
          onClose={() => setAsking(false)}
          foot={
            <>
              <button type="button" onClick={() => setAsking(false)}>
                Keep recording
              </button>
              <button
                type="button"
                className="record"
                data-first
                onClick={() => {
                  setAsking(false);
                  onStop();
                }}
              >
                Stop
              </button>
            </>
          }
        >
          <p>The show ends here. Everything recorded is kept; what is not sent yet is sent afterwards.</p>
        </Dialog>
      )}
    </>
  );
}
