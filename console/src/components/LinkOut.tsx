import { useState } from "react";
import { QrCode } from "./QrCode";

/* An address that somebody else opens: to be scanned, or copied. `of`: "the phone's link". */
export function LinkOut({ address, of }: { address: string; of: string }) {
  const [isCopied, setCopied] = useState(false);
  return (
    <>
      <QrCode text={address} label={`QR code of ${of}`} />
      <div className="line">
        <input readOnly value={address} aria-label={of.charAt(0).toUpperCase() + of.slice(1)} onFocus={(event) => event.target.select()} />
        <button type="button" onClick={() => void navigator.clipboard?.writeText(address).then(() => setCopied(true))}>
          {isCopied ? "Copied" : "Copy"}
        </button>
      </div>
    </>
  );
}
