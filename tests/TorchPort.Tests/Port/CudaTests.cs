using TorchSharp;

namespace TorchPort.Tests;

public class CudaTests
{
    public CudaTests() => Assert.SkipUnless(
        Backend.Name != "cpu" && torch.cuda.is_available(),
        "requires a CUDA build and a CUDA GPU");

    [Theory]
    [InlineData("auto", "cuda")]
    [InlineData("cuda:0", "cuda:0")]
    public void Prints_saved_output_and_device(string name, string device) => Assert.Equal(
        new ProcessResult(0, TestProcess.ReadData("recorded-output.txt"), $"Running on {device}\n"),
        TestProcess.RunPort("--device", name));

    [Fact]
    public void Nonexistent_GPU_is_an_error() => TestProcess.RunPort("--device", "cuda:99").AssertFailed(1, "cuda:99");

    [Fact]
    public void Matches_PyTorch_bit_for_bit_on_same_GPU()
    {
        Assert.SkipWhen(Python.WithTorch is null, Python.TorchRequired);

        Assert.Equal(0, TestProcess.RunDiff("--execute", "--exact", "--device", "cuda", "--python", Python.WithTorch!).ExitCode);
    }

    [Fact]
    public void Device_cpu_creates_no_CUDA_context()
    {
        Assert.SkipUnless(HasContext("cuda"), "requires nvidia-smi to list processes, which it does not in most containers");

        Assert.False(HasContext("cpu"));
    }

    // nvidia-smi lists the processes that have a CUDA context. It runs after a thousand backward() calls, while the port is
    // blocked on its unread stdout.
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
