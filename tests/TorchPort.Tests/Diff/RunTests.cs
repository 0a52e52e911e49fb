namespace NotebookDiff.Tests;

/// <summary>How steps make runs.</summary>
public class RunTests
{
    [Fact]
    public void A_new_run_starts_where_the_epochs_start_over()
    {
        var runs = Runs("ready", Line(0), "a gradient", Line(1), Line(2), Line(0), Line(100), Line(100), Line(50));

        Assert.Equal([[1, 3, 4], [5, 6], [8]], runs.Select(run => run.Steps.Select(step => step.Line)));
        Assert.Equal([(0, 2), (0, 100), (50, 50)], runs.Select(run => (run.First, run.Last)));
    }

    [Fact]
    public void It_counts_to_what_stands_behind_the_slash_or_to_its_last_epoch()
    {
        Assert.Equal(10, Assert.Single(Runs("Epoch 9/10 W: 1 Cost: 0")).Epochs);
        Assert.Equal(9, Assert.Single(Runs("Epoch 9 W: 1 Cost: 0")).Epochs);
        Assert.Equal(9, Assert.Single(Runs("Epoch 9/3 W: 1 Cost: 0")).Epochs);
    }

    private static string Line(int epoch) => $"Epoch {epoch} W: 1.0 Cost: 0.0";

    private static List<Run> Runs(params string[] lines) => Run.Of(new("In [1]", "", lines), out _);
}
