import { useEffect, useState } from "react";
import { useStudio } from "../hooks/use-studio";
import { Dialog } from "./Dialog";
import { QrCode } from "./QrCode";
import { messageOf } from "./words";

/* The link for a phone. The source is there as soon as the link is made. */
export function PhoneDialog({ onClose }: { onClose: () => void }) {
  const studio = useStudio();
  const [address, setAddress] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [isCopied, setCopied] = useState(false);
  const [asked] = useState(() => ({ once: false }));
  useEffect(() => {
    if (asked.once) return; /* effects run twice while developing; a link is made once */
    asked.once = true;
    studio.addPhone().then(setAddress, (error: unknown) => setTrouble(messageOf(error)));
  }, [studio, asked]);
  return (
    <Dialog
      title="A phone as camera"
      onClose={onClose}
      foot={
        <button type="button" className="main" onClick={onClose}>
          Done
        </button>
      }
    >
      {trouble && <p className="warn">{trouble}</p>}
      {!trouble && !address && <p className="dim">Making a link …</p>}
      {address && (
        <div className="stack">
          <p>Point the phone's camera at this code and open the link. The picture appears here by itself.</p>
          <QrCode text={address} label="QR code of the phone's link" />
          <div className="line">
            <input readOnly value={address} aria-label="The phone's link" onFocus={(event) => event.target.select()} />
            <button
              type="button"
              onClick={() => void navigator.clipboard?.writeText(address).then(() => setCopied(true))}
            >
              {isCopied ? "Copied" : "Copy"}
            </button>
          </div>
          <p className="small dim">Whoever has this link can be a camera of this show, and nothing else.</p>
        </div>
      )}
    </Dialog>
  );
}
