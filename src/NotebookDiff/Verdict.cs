namespace NotebookDiff;

/// <summary>What a verdict counts as. A silent cell trains, but has no output. Another exercise is not compared.</summary>
internal enum VerdictKind { Same, Different, Silent, NotCompared }

/// <summary>The verdict on a training run, or on a cell that trains this model but printed no steps.</summary>
internal sealed record Verdict(VerdictKind Kind, string Sentence, Comparison? Comparison = null);
