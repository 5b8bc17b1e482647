import { type Role, type Source } from "../core/studio";
import { useStudio } from "../hooks/use-studio";
import { Dialog } from "./Dialog";
import { ROLES } from "./words";

const PRIORITIES = [-10, -5, 0, 5, 10];

function priorityWords(priority: number): string {
  if (priority === 0) return "as usual";
  return priority > 0 ? (priority > 5 ? "much more often" : "more often") : priority < -5 ? "much less often" : "less often";
}

/* Names, roles and priorities can change in mid-show. */
export function SourcesDialog({ sources, onClose }: { sources: Source[]; onClose: () => void }) {
  const studio = useStudio();
  return (
    <Dialog title="Who is who" onClose={onClose}>
      {sources.map((source, i) => (
        <div key={source.id} className="setting three">
          <label className="field">
            <span>Name of {i + 1}</span>
            <input value={source.label} maxLength={60} onChange={(event) => studio.changeSource(source.id, { label: event.target.value })} />
          </label>
          <label className="field">
            <span>Picture of</span>
            <select value={source.role} onChange={(event) => studio.changeSource(source.id, { role: event.target.value as Role })}>
              {(Object.keys(ROLES) as Role[]).map((role) => (
                <option key={role} value={role}>
                  {ROLES[role]}
                </option>
              ))}
            </select>
          </label>
          <label className="field">
            <span>Is on screen</span>
            <select value={source.priority} onChange={(event) => studio.changeSource(source.id, { priority: Number(event.target.value) })}>
              {[...new Set([...PRIORITIES, source.priority])]
                .sort((a, b) => b - a)
                .map((priority) => (
                  <option key={priority} value={priority}>
                    {priorityWords(priority)}
                  </option>
                ))}
            </select>
          </label>
        </div>
      ))}
    </Dialog>
  );
}
