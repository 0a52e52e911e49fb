using TorchSharp;

namespace TorchPort.Tests;

/// <summary>A build with CUDA on a machine with a GPU.</summary>
public class CudaTests
{
    public CudaTests() => Assert.SkipUnless(
        Backend.Name != "cpu" && torch.cuda.is_available(),
        "this build carries no CUDA, or no CUDA GPU answers on this machine");

    [Theory]
    [InlineData("auto", "cuda")]
    [InlineData("cuda:0", "cuda:0")]
    public void Prints_the_recorded_lines_and_the_device(string word, string device) =>
        Assert.Equal(new ProcessResult(0, TestProcess.ReadData("recorded-output.txt"), $"Running on {device}\n"), TestProcess.RunPort("--device", word));

    [Fact]
    public void A_GPU_that_is_not_there_is_an_error() => TestProcess.RunPort("--device", "cuda:99").AssertFailed(1, "cuda:99");

    [Fact]
    public void W_and_cost_are_PyTorchs_on_the_same_GPU_to_the_last_bit()
    {
        Assert.SkipWhen(Python.WithTorch is null, Python.TorchRequired);

        Assert.Equal(0, TestProcess.RunDiff("--execute", "--exact", "--device", "cuda", "--python", Python.WithTorch!).ExitCode);
    }

    [Fact]
    public void The_cpu_takes_no_GPU_memory_and_no_context()
    {
        Assert.SkipUnless(HasContext("cuda"), "nvidia-smi does not list the processes of this machine, as in most containers");

        Assert.False(HasContext("cpu"));
    }

    // nvidia-smi lists the processes with a context, and the memory that each takes. It is asked after a thousand backward(),
    // while the port, its stdout unread, waits in the middle of its run.
    private static bool HasContext(string device)
    {
        var outcome = TestProcess.RunShell($$"""
            sh -c 'echo $$; exec "$@" --device {{device}} --cell 3 --epochs 10000' sh "$@" |
            {
              read pid
              head -n 1001 > /dev/null
              nvidia-smi --query-compute-apps=pid --format=csv,noheader | grep -cw $pid
              cat > /dev/null
            }
            """);

        Assert.Equal((0, $"Running on {device}"), (outcome.ExitCode, outcome.StderrLines[0]));
        return outcome.Stdout != "0\n";
    }
}
