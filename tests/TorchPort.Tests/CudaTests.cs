using TorchSharp;

namespace TorchPort.Tests;

/// <summary>A build with CUDA on a machine with a GPU.</summary>
public class CudaTests
{
    private const string NoGpu = "this build carries no CUDA, or no CUDA GPU answers on this machine";

    /// <summary>Whether a GPU answers.</summary>
    public static bool Available => Backend.Name != "cpu" && torch.cuda.is_available();

    [Fact(SkipUnless = nameof(Available), Skip = NoGpu)]
    public void Auto_takes_CUDA() => Assert.Equal("Running on cuda" + Environment.NewLine, Port.Run().Stderr);

    [Fact(SkipUnless = nameof(Available), Skip = NoGpu)]
    public void Prints_the_recorded_lines() => Assert.Equal(Port.Data("recorded-output.txt"), Port.Run("--device", "cuda:0").Stdout);

    [Fact(SkipUnless = nameof(Available), Skip = NoGpu)]
    public void A_GPU_that_is_not_there_is_an_error()
    {
        var outcome = Port.Run("--device", "cuda:99");

        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Stdout));
        Assert.InRange(outcome.Errors.Length, 1, 3);
        Assert.Contains("cuda:99", outcome.Stderr, StringComparison.Ordinal);
    }
}
