import { type ComponentProps, type FormEvent, useId, useState } from "react";
import { useApi } from "../hooks/use-api";
import { type Problem, problemOf } from "./words";

const FIELDS = ["name", "url", "key"] as const;
type Field = (typeof FIELDS)[number];
const EMPTY: Record<Field, string> = { name: "", url: "", key: "" };

export function NewDestination({ isFirst, onSaved }: { isFirst: boolean; onSaved: (name: string) => void }) {
  const api = useApi();
  const [values, setValues] = useState(EMPTY);
  const [isOpen, setOpen] = useState(false);
  const [problem, setProblem] = useState<Problem<Field> | null>(null);
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const name = values.name.trim();
    setProblem(null);
    api.saveDestination(name, values.url.trim(), values.key.trim()).then(
      () => {
        onSaved(name);
        setValues(EMPTY);
      },
      (error: unknown) => {
        const next = problemOf(error, FIELDS);
        setProblem(next);
        if (next.field) form.querySelector<HTMLInputElement>(`input[name="${next.field}"]`)?.focus();
      },
    );
  };
  const input = (field: Field) => ({
    name: field,
    value: values[field],
    problem: problem?.field === field ? problem.text : null,
    onChange: (event: { target: { value: string } }) => setValues({ ...values, [field]: event.target.value }),
  });
  return (
    <details open={isFirst || isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Add a destination</summary>
      <form className="stack" onSubmit={save}>
        <Line label="Name" maxLength={60} required pattern="[^\/]*" title="No / in a name" placeholder="YouTube" {...input("name")} />
        <Line label="Address" maxLength={1024} required placeholder="rtmp://a.rtmp.youtube.com/live2" autoComplete="off" spellCheck={false} {...input("url")} />
        <Line label="Stream key: kept sealed, never shown again" type="password" maxLength={512} autoComplete="off" {...input("key")} />
        {problem && problem.field === null && (
          <p className="small warn" role="alert">
            {problem.text}
          </p>
        )}
        <button type="submit">Save</button>
      </form>
    </details>
  );
}

/* A field, and below it what is wrong with it. */
function Line({ label, problem, ...input }: { label: string; problem: string | null } & ComponentProps<"input">) {
  const id = useId();
  return (
    <div>
      <label className="field">
        <span>{label}</span>
        <input {...input} aria-invalid={problem !== null} aria-describedby={problem === null ? undefined : id} />
      </label>
      {problem && (
        <p id={id} className="small warn" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
