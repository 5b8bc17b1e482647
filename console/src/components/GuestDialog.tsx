import { type FormEvent, useEffect, useState } from "react";
import { useStudio } from "../hooks/use-studio";
import { Dialog } from "./Dialog";
import { LinkOut } from "./LinkOut";
import { messageOf } from "./words";

const NO_LIVEKIT =
  "Guests come by LiveKit, and this server has none. Set CROSSCUT_LIVEKIT_URL, CROSSCUT_LIVEKIT_KEY and CROSSCUT_LIVEKIT_SECRET and start it again: docs/OPERATE.md, LiveKit.";

/* Who it is, then their link. */
export function GuestDialog({ can, onClose }: { can: boolean | null; onClose: () => void }) {
  const studio = useStudio();
  const [name, setName] = useState("");
  const [address, setAddress] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const make = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setTrouble(null);
    studio
      .addGuest(name)
      .then(setAddress, (error: unknown) => setTrouble(messageOf(error)))
      .finally(() => setBusy(false));
  };
  if (address !== null) return <Link title={`A link for ${name.trim() || "your guest"}`} address={address} onClose={onClose} />;
  return (
    <Dialog
      title="A guest from elsewhere"
      onClose={onClose}
      foot={
        <>
          <button type="button" onClick={onClose}>
            Not now
          </button>
          <button type="submit" form="guest" className="main" disabled={isBusy || can !== true}>
            {isBusy ? "Making a link …" : "Make a link"}
          </button>
        </>
      }
    >
      {can === false ? (
        <p>{NO_LIVEKIT}</p>
      ) : (
        <form id="guest" className="stack" onSubmit={make}>
          <p className="dim">They open the link in their browser, see whether camera and microphone are well, and come in. Nothing is installed.</p>
          <label className="field">
            <span>Name of the guest</span>
            <input data-first value={name} maxLength={60} placeholder="Guest" onChange={(event) => setName(event.target.value)} />
          </label>
        </form>
      )}
      {trouble && (
        <p className="warn" role="alert">
          {trouble}
        </p>
      )}
    </Dialog>
  );
}

/* The link of somebody who is in the list already. */
export function GuestLinkDialog({ id, label, onClose }: { id: string; label: string; onClose: () => void }) {
  const studio = useStudio();
  const [address, setAddress] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  useEffect(() => {
    let isOpen = true;
    studio.guestLink(id).then(
      (made) => isOpen && setAddress(made),
      (error: unknown) => isOpen && setTrouble(messageOf(error)),
    );
    return () => void (isOpen = false);
  }, [studio, id]);
  return <Link title={`A link for ${label}`} address={address} trouble={trouble} onClose={onClose} />;
}

interface LinkProps {
  title: string;
  address: string | null; /* null: it is being made */
  trouble?: string | null;
  onClose: () => void;
}

function Link({ title, address, trouble, onClose }: LinkProps) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      foot={
        <button type="button" className="main" onClick={onClose}>
          Done
        </button>
      }
    >
      {trouble && (
        <p className="warn" role="alert">
          {trouble}
        </p>
      )}
      {!trouble && address === null && <p className="dim">Making a link …</p>}
      {address !== null && (
        <div className="stack">
          <p>Send it to them. They appear here by themselves when they come in.</p>
          <LinkOut address={address} of="the guest's link" />
          {/^https?:\/\/(localhost|127\.|\[::1\])/.test(address) && (
            <p className="small warn">This address is for this machine alone. Open the console by the server's https address, and links lead there.</p>
          )}
          <p className="small dim">Whoever has this link can be this guest, for twelve hours at most, and nothing else.</p>
        </div>
      )}
    </Dialog>
  );
}
