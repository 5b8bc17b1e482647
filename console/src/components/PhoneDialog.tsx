import { useEffect, useState } from "react";
import { useStudio } from "../hooks/use-studio";
import { Dialog } from "./Dialog";
import { LinkOut } from "./LinkOut";
import { messageOf } from "./words";

/* The link for a phone. The source is there as soon as the link is made. */
export function PhoneDialog({ onClose }: { onClose: () => void }) {
  const studio = useStudio();
  const [address, setAddress] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
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
          <LinkOut address={address} of="the phone's link" />
          <p className="small dim">Whoever has this link can be a camera of this show, and nothing else.</p>
        </div>
      )}
    </Dialog>
  );
}
