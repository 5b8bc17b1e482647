import type { Link, Source, SourceId } from "../core/studio";
import { vars } from "./css";
import { colourOf } from "./voices";
import { percentOf } from "./words";

interface Props {
  sources: Source[];
  shares: Record<SourceId, number>;
  link: Link;
  onEdit: () => void;
}

export function PeopleCard({ sources, shares, link, onEdit }: Props) {
  const people = sources.filter((source) => source.microphone !== null);
  return (
    <section className="card" aria-label="People">
      <div className="line">
        <h2 className="grow">People</h2>
        <button type="button" className="plain quiet" onClick={onEdit}>
          Edit
        </button>
      </div>
      <ul className="rows small">
        {people.map((source) => (
          <li key={source.id} style={vars({ "--k": colourOf(sources, source.id) })}>
            <i className="voice on" />
            <span className="clip">{source.label}</span>
            <span className="end dim num">{shares[source.id] ? `${percentOf(shares[source.id] ?? 0)} of speech` : "has not spoken yet"}</span>
          </li>
        ))}
      </ul>
      {link.roundTripMs !== null && link.state === "online" && (
        <p className="small dim num">The server is {Math.round(link.roundTripMs)} ms away.</p>
      )}
    </section>
  );
}
