using TorchSharp;

namespace TorchPort.Tests;

/// <summary>A build with CUDA on a machine with a GPU.</summary>
public class CudaTests
{
    private const string NoGpu = "this build carries no CUDA, or no CUDA GPU answers on this machine";

    /// <summary>Whether a GPU answers.</summary>
    public static bool Available => Backend.Name != "cpu" && torch.cuda.is_available();

    [Fact(SkipUnless = nameof(Available), Skip = NoGpu)]
    public void Auto_takes_CUDA() => Assert.Equal("Running on cuda\n", Start.Port().Stderr);

    [Fact(SkipUnless = nameof(Available), Skip = NoGpu)]
    public void Prints_the_recorded_lines() =>
        Assert.Equal(Start.Data("recorded-output.txt"), Start.Port("--device", "cuda:0").Stdout);

    [Fact(SkipUnless = nameof(Available), Skip = NoGpu)]
    public void A_GPU_that_is_not_there_is_an_error()
    {
        var outcome = Start.Port("--device", "cuda:99");

        outcome.Refused(1, "cuda:99");
    }

    [Fact(SkipUnless = nameof(Available), Skip = NoGpu)]
    public void Prints_the_same_bits_on_every_run() =>
        Assert.Equal(Start.Port("--device", "cuda", "--exact"), Start.Port("--device", "cuda", "--exact"));

    [Fact(SkipUnless = nameof(Available), Skip = NoGpu)]
    public void W_and_cost_are_PyTorchs_on_the_same_GPU_to_the_last_bit()
    {
        var pytorch = Python.WithTorch;
        Assert.SkipWhen(pytorch is null, "there is no Python with PyTorch for CUDA on this machine");
        var python = Python.RunNotebook(pytorch!, Start.Notebook, "--device", "cuda", "--exact");

        Assert.Equal((0, python.Stdout), (python.ExitCode, Start.Port("--device", "cuda", "--exact").Stdout));
    }

    [Fact(SkipUnless = nameof(Available), Skip = NoGpu)]
    public void The_cpu_takes_no_GPU_memory_and_no_context()
    {
        Assert.SkipUnless(HasContext("cuda"), "nvidia-smi does not list the processes of this machine, as in most containers");

        Assert.False(HasContext("cpu"));
    }

    // nvidia-smi lists the processes with a context, and the memory that each takes. It is asked after a thousand backward(),
    // while the port, its stdout unread, waits in the middle of its run.
    private static bool HasContext(string device)
    {
        var outcome = Start.Shell($$"""
            sh -c 'echo $$; exec "$@" --device {{device}} --cell 3 --epochs 10000' |
            {
              read pid
              head -n 1001 > /dev/null
              nvidia-smi --query-compute-apps=pid --format=csv,noheader | grep -cw $pid
              cat > /dev/null
            }
            """);

        Assert.Equal((0, $"Running on {device}"), (outcome.ExitCode, outcome.Errors[0]));
        return outcome.Stdout != "0\n";
    }
}
