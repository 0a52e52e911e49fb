namespace NotebookDiff;

/// <summary>Which of the port's epochs a step of the notebook shows.</summary>
/// <param name="W">By how many epochs its W is ahead of the port's at the same epoch.</param>
/// <param name="Cost">By how many epochs its cost is ahead.</param>
/// <param name="Words">What to say of it; nothing where both show the same epoch.</param>
internal sealed record Alignment(int W, int Cost, string Words)
{
    internal static readonly Alignment Same = new(0, 0, "");

    private static readonly Alignment s_afterStep = new(1, 0, "printed after the step");
    private static readonly Alignment s_fromOne = new(-1, -1, "counted from 1");
    private static readonly Alignment s_fromOneAfterStep = new(0, -1, "counted from 1, printed after the step");

    /// <summary>The ones to try for a run.</summary>
    /// <param name="first">Its first epoch.</param>
    internal static Alignment[] ToTry(int first) => first > 0
        ? [Same, s_fromOne, s_fromOneAfterStep, s_afterStep]
        : [Same, s_afterStep];
}
