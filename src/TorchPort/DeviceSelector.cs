using System.Runtime.InteropServices;
using TorchSharp;

namespace TorchPort;

/// <summary>Selects the device that the program computes on.</summary>
internal static class DeviceSelector
{
    internal const string Syntax = "auto, cpu, cuda or cuda:N";

    internal static bool IsValidName(string name) =>
        name is "auto" or "cpu" or "cuda"
        || (name.Split(':') is ["cuda", { Length: > 0 and < 10 } number] && number.All(char.IsAsciiDigit));

    /// <summary>Loads libtorch and makes the named device the default for new tensors.</summary>
    /// <exception cref="CommandFailedException">libtorch cannot be loaded, or the device does not exist.</exception>
    internal static void SetDefaultDevice(string name)
    {
        Backend.Load();
        torch.set_default_device(Choose(name));
    }

    private static torch.Device Choose(string name)
    {
        // --device cpu must not initialize CUDA.
        if (name == "cpu")
        {
            return torch.CPU;
        }

        var gpus = Backend.Name == "cpu" ? 0 : torch.cuda.device_count();
        if (gpus == 0)
        {
            return name == "auto"
                ? torch.CPU
                : throw new CommandFailedException($"--device {name}: {GetCudaUnavailableMessage()}");
        }

        var device = torch.device(name == "auto" ? "cuda" : name);
        return device.index < gpus
            ? device
            : throw new CommandFailedException($"--device {name}: no such GPU. The last one is cuda:{gpus - 1}.");
    }

    private static string GetCudaUnavailableMessage() => Backend.Name switch
    {
        "cpu" =>
            "this is a CPU build.\nCUDA requires Linux x64 and a build with -p:TorchBackend=cuda. Otherwise, use --device cpu.",
        _ when NativeLibrary.TryLoad("torch_cuda", typeof(torch).Assembly, null, out _) =>
            "no CUDA GPU found.\nCheck that nvidia-smi lists one, or use --device cpu.",
        "cuda" => $"cannot load libtorch's CUDA library.\n{Backend.MissingLibraryHint}",
        _ => "the libtorch found is CPU-only.\nPut a CUDA libtorch on LD_LIBRARY_PATH, or use --device cpu.",
    };
}
