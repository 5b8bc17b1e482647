export function App() {
  return (
    <main>
      <h1>Crosscut</h1>
      <p>The studio.</p>
    </main>
  );
}
