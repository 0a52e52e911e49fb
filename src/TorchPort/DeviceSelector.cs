using System.Runtime.InteropServices;
using TorchSharp;

namespace TorchPort;

/// <summary>The device that the program computes on.</summary>
internal static class DeviceSelector
{
    internal const string Syntax = "auto, cpu, cuda or cuda:N";

    internal static bool IsValidName(string name) =>
        name is "auto" or "cpu" or "cuda"
        || (name.Split(':') is ["cuda", { Length: > 0 and < 10 } number] && number.All(char.IsAsciiDigit));

    /// <summary>Loads libtorch, and makes the device that a word stands for the one that tensors go to.</summary>
    /// <exception cref="CommandFailedException">libtorch will not load, or there is no such device.</exception>
    internal static void SetDefaultDevice(string name)
    {
        Backend.Load();
        torch.set_default_device(Choose(name));
    }

    private static torch.Device Choose(string name)
    {
        // With --device cpu nothing is asked of CUDA.
        var gpus = name == "cpu" || Backend.Name == "cpu" ? 0 : torch.cuda.device_count();
        if (name == "cpu" || (name == "auto" && gpus == 0))
        {
            return torch.CPU;
        }

        if (gpus == 0)
        {
            throw new CommandFailedException($"--device {name}: {CudaUnavailableMessage}");
        }

        var device = torch.device(name == "auto" ? "cuda" : name);
        return device.index < gpus
            ? device
            : throw new CommandFailedException($"--device {name}: the last CUDA GPU of this machine is cuda:{gpus - 1}.");
    }

    private static string CudaUnavailableMessage =>
        Backend.Name == "cpu"
            ? "this build is for the CPU.\nCUDA needs Linux x64, and a build with -p:TorchBackend=cuda. Or run with --device cpu."
        : NativeLibrary.TryLoad("torch_cuda", typeof(torch).Assembly, null, out _)
            ? "no CUDA GPU answers on this machine.\nSee whether nvidia-smi lists one, or run with --device cpu."
        : Backend.Name == "cuda" ? $"libtorch's library for CUDA will not load.\n{Backend.MissingLibraryHint}"
        : "the libtorch that was found is for the CPU only.\nPut one for CUDA on LD_LIBRARY_PATH, or run with --device cpu.";
}
